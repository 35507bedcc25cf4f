import ArgumentParser
import Basics
import Blocks
import Wire

/// The verb `candela bench erasure`.
struct ErasureBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erasure",
        abstract: "The erasure code: encode, decode."
    )

    @OptionGroup var options: BenchOptions

    /// One stripe of eight is repair, as parent-safe blocks have it; from one row to eight.
    private static let sizes = [8, 16, 24, 32, 48, 64]

    func run() throws {
        var rows: [BenchResult] = []
        for chunks in ErasureBenchCommand.sizes {
            options.progress("blocks of \(chunks) chunks")
            rows.append(try ErasureBenchCommand.measure(chunks))
        }
        var result = BenchResult("erasure")
        result["chunk_bytes"] = .count(Manifest.symbolMax)
        result["decode"] = .text("as many source chunks missing as there are repair chunks")
        result["sizes"] = .list(rows)
        try options.print(result)
    }

    private static func measure(_ chunks: Int) throws -> BenchResult {
        let repair = chunks / 8
        let source = (0..<(chunks - repair)).map { number in
            var random = SeededRandom(seed: UInt64(number))
            return Bytes((0..<Manifest.symbolMax).map { _ in UInt8(random.below(256)) })
        }
        var manifest = Manifest()
        manifest.sourceCount = source.count
        manifest.repairCount = repair
        manifest.symbolSize = Manifest.symbolMax
        manifest.lastSize = Manifest.symbolMax
        func encode() -> [Bytes] {
            Erasure.encode(source, repairCount: repair, symbolSize: Manifest.symbolMax)
        }
        // Losses spread over the block.
        var holes: [Bytes?] = source.map(Optional.some) + encode().map(Optional.some)
        for hole in 0..<repair { holes[hole * source.count / repair] = nil }
        guard let whole = Erasure.decode(manifest: manifest, chunks: holes),
            whole.prefix(source.count).elementsEqual(source.map(Optional.some))
        else { throw CommandFailure(.bug, "a block of \(chunks) chunks was not decoded") }
        let encoding = BenchClock.perCall { _ = encode() }
        let decoding = BenchClock.perCall {
            _ = Erasure.decode(manifest: manifest, chunks: holes)
        }
        let media = Double(source.count * Manifest.symbolMax)
        var row = BenchResult()
        row["chunks"] = .count(chunks)
        row["source"] = .count(source.count)
        row["repair"] = .count(repair)
        row["encode_us"] = .number(encoding / 1e3)
        row["decode_us"] = .number(decoding / 1e3)
        row["encode_gb_s"] = .number(media / encoding)
        row["decode_gb_s"] = .number(media / decoding)
        return row
    }
}
