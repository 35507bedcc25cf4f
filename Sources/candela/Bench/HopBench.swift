import ArgumentParser
import Basics
import Crypto
import Wire

/// The verb `candela bench hop`.
struct HopBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hop",
        abstract: "Core work of a relay per datagram, without cryptography.",
        discussion: """
            A source, a relay and its children in one process and in virtual time. Timed is what the \
            relay's core does in the steady state, with a checksum in the place of sealing. Hashes \
            of chunks and signatures of manifests are cryptography: their cost is measured apart, \
            and subtracted.
            """
    )

    @Option(help: "How many children the relay feeds.")
    var children = 8

    @Option(help: "Rate of the stream.")
    var rate = RateArgument(megabits: 2)

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (1...28).contains(children) else {
            throw ValidationError("--children takes 1 to 28")
        }
        guard (100_000...20_000_000).contains(rate.rate.bitsPerSecond) else {
            throw ValidationError("--rate takes 100k to 20M")
        }
    }

    /// What a datagram may cost (DESIGN section 2).
    private static let target = 500.0

    /// Half seconds of virtual time that are measured one by one.
    private static let segments = 120

    /// What cryptography costs here, in nanoseconds.
    private struct Cryptography {
        let hash = HopBenchCommand.hashCost()
        let verification: Double

        init() throws { verification = try HopBenchCommand.verificationCost() }

        func verifying(_ figures: HopStage.Figures) -> Double {
            Double(figures.manifests) * verification
        }

        func all(_ figures: HopStage.Figures) -> Double {
            verifying(figures) + Double(figures.chunks) * hash
        }
    }

    func run() throws {
        let stage = try HopStage(children: children, rate: rate.rate)
        options.progress("letting the relay gather its children")
        stage.gather()
        options.progress("measuring")
        let parts = (0..<HopBenchCommand.segments).map { _ in
            stage.measure(.milliseconds(500))
        }
        let sum = parts.reduce(HopStage.Figures(), +)
        guard sum.chunks > 0, parts.allSatisfy({ $0.datagrams > 0 }) else {
            throw CommandFailure(.bug, "the relay received nothing")
        }
        let cryptography = try Cryptography()
        // The median over the segments: what else runs on the machine interrupts only some of them.
        func each(_ without: (HopStage.Figures) -> Double) -> Double {
            let costs = parts.map {
                (Double($0.nanoseconds) - without($0)) / Double($0.datagrams)
            }
            return costs.sorted()[costs.count / 2]
        }
        let bare = each(cryptography.all)
        var result = BenchResult("hop")
        result["ns_per_datagram"] = .number(bare)
        result["target"] = .number(HopBenchCommand.target)
        result["within_target"] = .flag(bare <= HopBenchCommand.target)
        result["ns_per_datagram_mean"] = .number(
            (Double(sum.nanoseconds) - cryptography.all(sum)) / Double(sum.datagrams)
        )
        result["ns_per_datagram_with_sha256"] = .number(each(cryptography.verifying))
        result["ns_per_datagram_with_all"] = .number(each { _ in 0 })
        result["sha256_ns_per_chunk"] = .number(cryptography.hash)
        result["verify_ns_per_manifest"] = .number(cryptography.verification)
        result["datagrams"] = .count(sum.datagrams)
        result["received"] = .count(sum.received)
        result["sent"] = .count(sum.sent)
        result["chunks"] = .count(sum.chunks)
        result["manifests"] = .count(sum.manifests)
        result["children"] = .count(children)
        result["share_fed_by_relay"] = .number(stage.relayShare)
        result["rate_bps"] = .count(Int(rate.rate.bitsPerSecond))
        let clock = BenchClock.perCall { _ = BenchClock.now }
        result["clock_ns_per_datagram"] = .number(
            2 * clock * Double(sum.calls) / Double(sum.datagrams)
        )
        try options.print(result)
    }

    private static func hashCost() -> Double {
        let chunk = [UInt8](repeating: 3, count: Manifest.symbolMax)
        return BenchClock.perCall {
            var hash = SHA256()
            chunk.withUnsafeBytes { hash.update(bufferPointer: $0) }
            _ = hash.finalize()
        }
    }

    private static func verificationCost() throws -> Double {
        let key = Curve25519.Signing.PrivateKey()
        // Header and hashes of a block of 16 chunks.
        let message = [UInt8](repeating: 3, count: 320)
        let signature = try key.signature(for: message)
        let known = key.publicKey
        return BenchClock.perCall { _ = known.isValidSignature(signature, for: message) }
    }
}

extension RateArgument {
    init(megabits: Double) { rate = .megabits(megabits) }

    var defaultValueDescription: String { "\(Double(rate.bitsPerSecond) / 1e6)M" }
}
