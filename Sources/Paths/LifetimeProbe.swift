public import Basics
import Wire

/// Finds out how long a NAT keeps a mapping that nobody uses (RFC 5780 section 4.6).
///
/// One socket per span asks once and is silent for the span; then another socket asks the tracker to
/// answer to the silent one, which hears it if its mapping still lives. All spans run at once. They
/// end just before the time-outs that are common: 10 s (the worst home routers), 30 s (the least that
/// is assumed), 60 s, 2 min (the least that RFC 4787 REQ-5 allows) and 5 min (what it recommends).
///
/// ### Legal transitions of a rung:
/// - `opening -> silent | settled`
/// - `silent -> knocking`
/// - `knocking -> settled`
public struct LifetimeProbe: Sendable {
    /// How long a mapping lives, as far as is known.
    public struct Bounds: Sendable, Equatable {
        /// It lives at least so long; zero when nothing is known.
        public var alive = TimeSpan.zero
        /// It is gone after so long; nil when none was.
        public var gone: TimeSpan?

        /// Knows nothing.
        public init() {}

        /// Keep-alives have to come this often: half of the time that a mapping surely lives, so that
        /// one may get lost, between 2 and 25 s; 10 s when nothing is known.
        public var keepAlive: TimeSpan {
            guard alive > .zero || gone != nil else { return .seconds(10) }
            return min(max(alive / 2, .seconds(2)), .seconds(25))
        }
    }

    private enum Rung: Sendable, Equatable {
        case opening
        case silent(outside: UInt16, until: Instant)
        case knocking
        case settled(NatReading.Finding)
    }

    private enum Question: Hashable, Sendable {
        case open(Int)
        case knock(Int)
    }

    /// The spans of silence, ascending.
    public static let spans: [TimeSpan] = [5, 9, 12, 25, 55, 115, 295].map { TimeSpan.seconds($0) }
    /// Those that can shorten the signs of life of a running peer.
    public static let shortSpans = Array(spans.prefix(2))
    /// The socket that asks for the others; those have the numbers before it.
    private var controlSocket: Int { spans.count }

    private let tracker: Endpoint
    private let spans: [TimeSpan]
    private var asker: StunAsker<Question>
    private var rungs: [Rung]
    private var isClosed = false

    /// Starts a probe against a tracker's first port; the seed as for `NatProbe`.
    public init(
        _ tracker: Endpoint,
        spans: [TimeSpan] = LifetimeProbe.spans,
        seed: UInt64,
        at now: Instant
    ) {
        self.tracker = tracker
        self.spans = spans
        rungs = spans.map { _ in .opening }
        asker = StunAsker(seed: seed)
        for at in rungs.indices {
            asker.ask(.init(question: .open(at), socket: at, target: tracker), at: now)
        }
    }

    /// Whether all spans are settled.
    public var isDone: Bool {
        rungs.allSatisfy { if case .settled = $0 { true } else { false } }
    }

    /// What is known so far.
    public var bounds: Bounds {
        var bounds = Bounds()
        for (span, rung) in zip(spans, rungs) {
            switch rung {
            case .settled(.yes): bounds.alive = span
            case .settled(.no): if bounds.gone == nil { bounds.gone = span }
            case .settled(.unknown), .opening, .silent, .knocking: break
            }
        }
        // What outlived a longer silence was not gone after a shorter one: its answer was lost.
        if let gone = bounds.gone, gone < bounds.alive { bounds.gone = nil }
        return bounds
    }

    /// When `advance` has something to do next; nil at the end.
    public var nextDeadline: Instant? {
        let wakes = rungs.compactMap { rung -> Instant? in
            if case .silent(_, let until) = rung { until } else { nil }
        }
        return (wakes + [asker.nextDeadline].compactMap { $0 }).min()
    }

    /// Sends what is due.
    public mutating func advance(to now: Instant, into effects: inout [NatProbe.Effect]) {
        for at in rungs.indices {
            guard case .silent(let outside, let until) = rungs[at], until <= now else { continue }
            rungs[at] = .knocking
            var request = StunAsker<Question>.Request(
                question: .knock(at),
                socket: controlSocket,
                target: tracker
            )
            request.responsePort = outside
            asker.ask(request, at: now)
        }
        let hopeless = asker.advance(to: now) { outgoing, socket in
            effects.append(.send(outgoing, socket: socket))
        }
        for question in hopeless {
            switch question {
            case .open(let at): rungs[at] = .settled(.unknown)
            case .knock(let at): rungs[at] = .settled(.no)
            }
        }
        close(into: &effects)
    }

    /// Takes in a datagram that came to the socket of a number.
    public mutating func receive(
        _ datagram: Bytes,
        on socket: Int,
        at now: Instant,
        into effects: inout [NatProbe.Effect]
    ) {
        guard let (request, message) = asker.settle(datagram) else { return }
        switch request.question {
        case .open(let at):
            guard let span = spans.dropFirst(at).first else { return }
            rungs[at] =
                message.mapped.map { .silent(outside: $0.port, until: now + span) }
                ?? .settled(.unknown)
        case .knock(let at):
            // A refusal comes to the socket that asked.
            let isHeard = message.kind == .success && socket == at
            rungs[at] = .settled(isHeard ? .yes : .unknown)
        }
        close(into: &effects)
    }

    private mutating func close(into effects: inout [NatProbe.Effect]) {
        guard isDone, !isClosed else { return }
        isClosed = true
        for socket in 0...controlSocket { effects.append(.close(socket: socket)) }
    }
}
