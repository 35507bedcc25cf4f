import Basics
import Wire

/// Binding requests under way: repeated until they are answered or hopeless.
///
/// Repeats come every 200 ms and not after the doubling 500 ms of RFC 8489 section 6.2.1, for most
/// questions here are answered by silence; a question costs at most 6 datagrams.
struct StunAsker<Question: Hashable & Sendable>: Sendable {
    /// A request.
    struct Request: Sendable {
        /// What is asked by it.
        var question: Question
        /// Which socket sends it.
        var socket: Int
        /// Where it goes.
        var target: Endpoint
        /// From where the answer is to come.
        var change: StunMessage.Change = []
        /// To which port of ours, if not to the asking one.
        var responsePort: UInt16?
    }

    private struct Pending: Sendable {
        var request: Request
        var transaction: StunMessage.Transaction
        var triesLeft: Int
        var dueAt: Instant
    }

    /// How often a request is sent.
    static var triesMax: Int { 6 }
    /// The pause between two of them.
    static var pause: TimeSpan { .milliseconds(200) }
    /// How long an answer to the last one is waited for.
    static var patience: TimeSpan { .seconds(1) }
    /// So many requests may be under way.
    static var pendingMax: Int { 16 }
    /// Makes a request no shorter than its answer, so that trackers may answer it.
    static var filler: String { "candela NAT probe   " }

    private var pending: [Pending] = []
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Whether no request is under way.
    var isIdle: Bool { pending.isEmpty }
    /// When the next repeat or the end of patience is due.
    var nextDeadline: Instant? { pending.map(\.dueAt).min() }

    /// Puts a request on its way; it is sent by the next `advance`.
    mutating func ask(_ request: Request, at now: Instant) {
        guard pending.count < StunAsker.pendingMax else { return }
        let bits = (random.next(), random.next())
        pending.append(
            Pending(
                request: request,
                transaction: .init(high: UInt32(truncatingIfNeeded: bits.0), low: bits.1),
                triesLeft: StunAsker.triesMax,
                dueAt: now
            )
        )
    }

    /// Sends what is due; returns the questions that stay without an answer.
    mutating func advance(
        to now: Instant,
        send: (Outgoing, Int) -> Void
    ) -> [Question] {
        var hopeless: [Question] = []
        for at in pending.indices where pending[at].dueAt <= now {
            guard pending[at].triesLeft > 0 else {
                hopeless.append(pending[at].request.question)
                continue
            }
            pending[at].triesLeft -= 1
            let isLast = pending[at].triesLeft == 0
            pending[at].dueAt = now + (isLast ? StunAsker.patience : StunAsker.pause)
            let outgoing = Outgoing(
                bytes: StunAsker.bytes(of: pending[at]),
                endpoint: pending[at].request.target
            )
            send(outgoing, pending[at].request.socket)
        }
        pending.removeAll { hopeless.contains($0.request.question) }
        return hopeless
    }

    /// Takes a datagram in: the question that it belongs to, which is settled by it, and its message.
    mutating func settle(_ datagram: Bytes) -> (request: Request, message: StunMessage)? {
        guard let message = try? StunMessage(parsing: datagram),
            let at = pending.firstIndex(where: { $0.transaction == message.transaction })
        else { return nil }
        return (pending.remove(at: at).request, message)
    }

    private static func bytes(of pending: Pending) -> [UInt8] {
        var message = StunMessage(.request, pending.transaction)
        message.change = pending.request.change
        message.responsePort = pending.request.responsePort
        message.software = filler
        return message.emitted
    }
}
