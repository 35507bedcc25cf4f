import ArgumentParser
import Basics
import Secrecy
import Wire

/// The verb `candela bench seal`.
struct SealBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Cryptography of sessions: seal, open, handshake."
    )

    @OptionGroup var options: BenchOptions

    /// How many sealed datagrams are kept to be opened in one round.
    private static let roundSize = 8_192

    func run() throws {
        options.progress("sealing and opening datagrams of \(Envelope.datagramMax) bytes")
        var (near, far) = try SessionPair.make()
        let messages = [UInt8](repeating: 7, count: Envelope.messagesMax)
        let now = Instant(nanoseconds: BenchClock.now)
        var sealing: [Double] = []
        var opening: [Double] = []
        for _ in 0..<9 {
            let round = try SealBenchCommand.round(&near, &far, messages, at: now)
            sealing.append(round.seal)
            opening.append(round.open)
        }
        let (seal, open) = (sealing.sorted()[4], opening.sorted()[4])
        options.progress("shaking hands")
        let handshake = try BenchClock.perCall { _ = try SessionPair.make() }
        var result = BenchResult("seal")
        result["suite"] = .text("Noise_IK_25519_ChaChaPoly_SHA256")
        result["datagram_bytes"] = .count(Envelope.datagramMax)
        result["seal_ns"] = .number(seal)
        result["open_ns"] = .number(open)
        result["seal_mb_s"] = .number(Double(Envelope.datagramMax) * 1e3 / seal)
        result["open_mb_s"] = .number(Double(Envelope.datagramMax) * 1e3 / open)
        result["handshake_us"] = .number(handshake / 1e3)
        result["handshake_covers"] = .text("both sides, keys of both ends included")
        try options.print(result)
    }

    private static func round(
        _ near: inout Session,
        _ far: inout Session,
        _ messages: [UInt8],
        at now: Instant
    ) throws -> (seal: Double, open: Double) {
        var datagrams: [Bytes] = []
        datagrams.reserveCapacity(roundSize)
        let start = BenchClock.now
        for _ in 0..<roundSize {
            guard let datagram = near.seal(messages, service: .peer) else { break }
            datagrams.append(Bytes(datagram))
        }
        let middle = BenchClock.now
        var opened = 0
        for datagram in datagrams where far.open(datagram, at: now) != nil { opened += 1 }
        let end = BenchClock.now
        guard opened == roundSize else {
            throw CommandFailure(.bug, "only \(opened) of \(roundSize) datagrams could be opened")
        }
        let count = Double(roundSize)
        return (Double(middle - start) / count, Double(end - middle) / count)
    }
}

/// Two ends of one session.
enum SessionPair {
    /// Shakes hands, with fresh keys on both sides.
    static func make() throws -> (Session, Session) {
        var entropy = SystemEntropy.entropy()
        let near = Identity.fresh(from: &entropy)
        let far = Identity.fresh(from: &entropy)
        let now = Instant(nanoseconds: BenchClock.now)
        let asking = InitiationParameters(
            identity: near,
            remoteKey: far.publicKey,
            service: .peer,
            localIndex: 1
        )
        guard let pending = Handshake.initiate(asking, entropy: &entropy, at: now) else {
            throw CommandFailure(.bug, "cannot begin a handshake")
        }
        let answering = ResponseParameters(identity: far, localIndex: 2)
        let accepted = try Handshake.respond(
            Bytes(pending.datagram),
            answering,
            entropy: &entropy,
            at: now
        )
        let finished = try pending.finish(Bytes(accepted.response), at: now)
        return (finished.session, accepted.session)
    }
}
