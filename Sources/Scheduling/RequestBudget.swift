public import Basics

/// Bounds what a peer may ask for, so that repair cannot storm.
///
/// Requests may bring half of the stream again, and two blocks at once; where the swarm has little to spare,
/// no more than half of that, for what is asked for displaces what is pushed. What is due is asked by urgency, so
/// what the budget refuses is what matters least.
public struct RequestBudget: Sendable {
    private var level: Double
    private var filledAt: Instant
    private static let depth = 128.0
    private static let shareMax = 0.5
    private static let shareMin = 0.1
    /// How much of the stream may be asked for again.
    private var share = RequestBudget.shareMax
    private var depth: Double { RequestBudget.depth * share / RequestBudget.shareMax }
    /// Chunks of the stream per second.
    public var chunkRate: Double

    /// A full budget for a stream of `chunkRate` chunks per second.
    public init(chunkRate: Double, at now: Instant) {
        self.chunkRate = chunkRate
        level = RequestBudget.depth
        filledAt = now
    }

    /// Takes in the seats that the swarm has to spare, as a share of its need.
    public mutating func observe(spare: Double) {
        share = max(RequestBudget.shareMin, min(RequestBudget.shareMax, spare / 2))
        level = min(level, depth)
    }

    /// Takes `count` chunks out of the budget; false when it does not hold them.
    public mutating func take(_ count: Int, at now: Instant) -> Bool {
        if now > filledAt {
            level = min(depth, level + (now - filledAt).seconds * chunkRate * share)
            filledAt = now
        }
        guard level >= Double(count) else { return false }
        level -= Double(count)
        return true
    }
}
