public import Basics

/// Bounds what a peer may ask for, so that repair cannot storm.
///
/// Requests may bring as much again as half of what the swarm has to spare, at most the whole stream once more,
/// and two blocks at once; for where uplinks are full, what is asked for displaces what is pushed. With less
/// than the whole stream a fifth of all datagrams lost was too much for it (measured, 32 viewers for ten seconds:
/// half of the stream left 256 blocks unmended, the whole of it 8, with no more bytes in all). What is due is
/// asked by urgency, so what the budget refuses is what matters least.
public struct RequestBudget: Sendable {
    private var level: Double
    private var filledAt: Instant
    private static let depth = 128.0
    /// The share that the full depth belongs to, and with which a viewer begins.
    private static let shareUsual = 0.5
    private static let shareMax = 1.0
    private static let shareMin = 0.1
    /// How much of the stream may be asked for again.
    private var share = RequestBudget.shareUsual
    /// The share of the stream that nobody pushes to us: it comes only if it is asked for.
    public var unfed = 0.0
    /// Room for one failure in three requests; a choice, not a measurement.
    private static let unfedFactor = 1.5
    private var shareInAll: Double {
        min(RequestBudget.shareMax, share + RequestBudget.unfedFactor * unfed)
    }
    private var depth: Double {
        RequestBudget.depth * min(1, shareInAll / RequestBudget.shareUsual)
    }
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
            level = min(depth, level + (now - filledAt).seconds * chunkRate * shareInAll)
            filledAt = now
        }
        guard level >= Double(count) else { return false }
        level -= Double(count)
        return true
    }
}
