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
            A source, a relay and its children in one process and in virtual time, with a checksum in \
            the place of sealing. What the relay was called with is recorded and played back to \
            another one; timed is the steady state. Hashes of chunks and signatures of manifests are \
            cryptography: what was verified while recording is compared byte by byte when it is played \
            back. Their cost is measured apart, and added for the whole.
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

    /// How often the recording is played back.
    private static let replays = 7

    func run() throws {
        let stage = try HopStage(children: children, rate: rate.rate)
        options.progress("recording what a relay does")
        stage.gather()
        stage.work(.seconds(60))
        let (recording, counts) = (stage.recording, stage.recording.counts)
        guard counts.chunks > 0 else {
            throw CommandFailure(.bug, "the relay received nothing")
        }
        options.progress("playing it back")
        var costs: [Double] = []
        for _ in 0..<HopBenchCommand.replays {
            costs.append(Double(try recording.replay()) / Double(counts.datagrams))
        }
        let bare = costs.sorted()[costs.count / 2]
        let hash = HopBenchCommand.hashCost()
        let verification = try HopBenchCommand.verificationCost()
        let hashing = Double(counts.chunks) * hash / Double(counts.datagrams)
        let verifying = Double(counts.manifests) * verification / Double(counts.datagrams)
        var result = BenchResult("hop")
        result["ns_per_datagram"] = .number(bare)
        result["target"] = .number(HopBenchCommand.target)
        result["within_target"] = .flag(bare <= HopBenchCommand.target)
        result["ns_per_datagram_with_sha256"] = .number(bare + hashing)
        result["ns_per_datagram_with_all"] = .number(bare + hashing + verifying)
        result["least"] = .number(costs.min())
        result["most"] = .number(costs.max())
        result["sha256_ns_per_chunk"] = .number(hash)
        result["verify_ns_per_manifest"] = .number(verification)
        result["datagrams"] = .count(counts.datagrams)
        result["received"] = .count(counts.received)
        result["sent"] = .count(counts.sent)
        result["chunks"] = .count(counts.chunks)
        result["manifests"] = .count(counts.manifests)
        result["requests"] = .count(counts.requests)
        result["children"] = .count(children)
        result["share_fed_by_relay"] = .number(stage.relayShare)
        result["rate_bps"] = .count(Int(rate.rate.bitsPerSecond))
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
