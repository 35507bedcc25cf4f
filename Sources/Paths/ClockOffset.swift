public import Basics

/// The source's clock minus our own, learnt along paths with little round trip.
///
/// One exchange bounds the offset to half its round trip (RFC 5905 section 8); errors add up along
/// the way from the source. The best exchange of the last minutes counts, made worse with age by the
/// drift of ordinary crystals.
public struct ClockOffset: Sendable {
    /// The offset and how wrong it may be.
    public struct Estimate: Sendable {
        /// The source's clock minus ours.
        public var offset: TimeSpan
        /// The largest possible error.
        public var error: TimeSpan
        var at: Instant
    }

    /// Errors above this make a lag unknown.
    public static let errorMax = TimeSpan.milliseconds(100)
    /// 50 parts in a million: what two cheap crystals may drift apart.
    private static let driftDivisor: Int64 = 20_000

    private var best: Estimate?

    /// Knows nothing, or everything at the source itself.
    public init(isSource: IsSource) {
        switch isSource {
        case .source: best = Estimate(offset: .zero, error: .zero, at: .distantFuture)
        case .other: best = nil
        }
    }

    /// Whose clock this is.
    public enum IsSource: Sendable {
        /// The source's own.
        case source
        /// Anybody else's.
        case other
    }

    /// Takes in an exchange with a neighbour whose own offset is known.
    public mutating func observe(
        sentAt: Instant,
        echoedAt: Instant,
        receivedAt: Instant,
        neighbour: Estimate
    ) {
        if let best, best.at == .distantFuture { return }
        let roundTrip = receivedAt - sentAt
        guard roundTrip >= .zero, roundTrip < .seconds(10) else { return }
        let theirs = echoedAt - (sentAt + roundTrip / 2)
        let fresh = Estimate(
            offset: theirs + neighbour.offset,
            error: roundTrip / 2 + neighbour.error,
            at: receivedAt
        )
        if let known = estimate(at: receivedAt), known.error < fresh.error { return }
        best = fresh
    }

    /// The estimate now; nil while there is none.
    public func estimate(at now: Instant) -> Estimate? {
        guard var aged = best else { return nil }
        let age = max(0, (now - aged.at).nanoseconds)
        aged.error = aged.error + TimeSpan(nanoseconds: age / ClockOffset.driftDivisor)
        return aged
    }

    /// An estimate that a neighbour told.
    public static func told(offset: TimeSpan, error: TimeSpan) -> Estimate {
        Estimate(offset: offset, error: error, at: .origin)
    }
}
