import Basics

/// An MPEG-TS file, bit for bit and at the speed of its own clock.
///
/// Packets between two PCRs are spread evenly over the time between them. A file without PCR is
/// paced by its bit rate, or not at all when that is unknown too.
final class TransportFileFeed: Feed, @unchecked Sendable {
    /// How much is searched for the program table: ten seconds at 4 Mbit/s.
    private static let searchMax = 5 << 20
    /// A whole number of packets, near 64 KiB.
    private static let readSize = 348 * TransportStream.packetLength

    private let source: ByteSource
    private let repetition: IngestOptions.Repetition
    private let alignment: Int
    private let description: String
    private var schedule: TransportSchedule
    private var sync = TransportSync()
    private var loop = TransportLoop()
    private var gate = DiscontinuityGate()

    /// Checks a file that begins like MPEG-TS.
    init(
        _ source: ByteSource,
        alignment: Int,
        repetition: IngestOptions.Repetition
    ) throws(IngestError) {
        self.source = source
        self.repetition = repetition
        self.alignment = alignment
        let program = try TransportFileFeed.findProgram(in: source, from: alignment)
        let probe = MediaProbe.probe(source)
        _ = source.seek(to: Int64(alignment))
        description = probe?.description ?? "MPEG-TS with \(program.description)"
        schedule = TransportSchedule(program: program, rate: probe?.rate)
    }

    func run(_ output: FeedOutput) throws(IngestError) {
        output.report(.started(description: description))
        schedule.begin(output)
        while true {
            guard try runPass(output) == .finished else { return }
            let length = schedule.finishPass()
            switch repetition {
            case .once:
                schedule.flush()
                return
            case .loop:
                guard length > .zero else {
                    throw IngestError(
                        .notMedia,
                        "\(source.name): has no clock to repeat it by; play it once"
                    )
                }
                loop.finishPass(clockLength: length)
                sync = TransportSync()
                _ = source.seek(to: Int64(alignment))
            }
        }
    }

    private enum PassEnd {
        case finished
        case stopped
    }

    private func runPass(_ output: FeedOutput) throws(IngestError) -> PassEnd {
        var buffer = [UInt8](repeating: 0, count: TransportFileFeed.readSize)
        while true {
            let outcome = buffer.withUnsafeMutableBytes { source.read(into: $0) }
            switch outcome {
            case .end: return .finished
            case .stopped, .timedOut: return .stopped
            case .failed(let code): throw source.failure(code)
            case .bytes(let count):
                let losses = sync.lossCount
                var packets = sync.append(buffer[..<count])
                if sync.lossCount > losses {
                    gate.report("\(source.name): damaged, bytes were skipped", to: output)
                }
                guard take(&packets, output) == .due else { return .stopped }
            }
        }
    }

    private func take(_ packets: inout [UInt8], _ output: FeedOutput) -> Pacer.Verdict {
        for start in stride(from: 0, to: packets.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(packets, at: start) else { continue }
            loop.process(&packets, at: start, packet: packet)
            switch schedule.append(packets, at: start, packet: packet) {
            case .accepted: continue
            case .stopped: return .stopped
            case .jumped: gate.report("\(source.name): its clock jumps", to: output)
            }
        }
        return .due
    }

    private static func findProgram(
        in source: ByteSource,
        from start: Int
    ) throws(IngestError) -> TransportProgram {
        var program = TransportProgram()
        var sync = TransportSync()
        var buffer = [UInt8](repeating: 0, count: readSize)
        var searched = 0
        _ = source.seek(to: Int64(start))
        while searched < searchMax {
            let outcome = buffer.withUnsafeMutableBytes { source.read(into: $0) }
            if case .failed(let code) = outcome { throw source.failure(code) }
            guard case .bytes(let count) = outcome else { break }
            searched += count
            let packets = sync.append(buffer[..<count])
            for place in stride(from: 0, to: packets.count, by: TransportStream.packetLength) {
                guard let packet = TransportPacket(packets, at: place) else { continue }
                program.observe(packet, in: packets, at: place)
            }
            if program.isKnown { return program }
        }
        throw IngestError(
            .notMedia,
            "\(source.name): MPEG-TS without a program table; nothing could play it"
        )
    }
}
