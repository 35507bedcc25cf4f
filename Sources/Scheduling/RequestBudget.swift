public import Basics

/// Bounds what a peer may ask for, so that repair cannot storm.
///
/// Requests may bring half of the stream again, and two blocks at once; what is due is asked by
/// urgency, so what the budget refuses is what matters least.
public struct RequestBudget: Sendable {
    private var level: Double
    private var filledAt: Instant
    private let depth = 128.0
    /// Chunks of the stream per second.
    public var chunkRate: Double

    /// A full budget for a stream of `chunkRate` chunks per second.
    public init(chunkRate: Double, at now: Instant) {
        self.chunkRate = chunkRate
        level = depth
        filledAt = now
    }

    /// Takes `count` chunks out of the budget; false when it does not hold them.
    public mutating func take(_ count: Int, at now: Instant) -> Bool {
        if now > filledAt {
            level = min(depth, level + (now - filledAt).seconds * chunkRate * 0.5)
            filledAt = now
        }
        guard level >= Double(count) else { return false }
        level -= Double(count)
        return true
    }
}
