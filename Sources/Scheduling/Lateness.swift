public import Basics

/// How long after the source sent a block its chunks of one stripe arrive.
///
/// The clocks of source and viewer need not agree: only differences of lateness matter. 64 samples are
/// kept, 5 to 6 s at ordinary rates, so that a stripe's habit is known soon and forgotten soon.
public struct Lateness: Sendable {
    private var samples = RingBuffer<Int64>(capacity: 64)
    private var cached: Int64?
    private var sinceCached = 0

    /// Makes a habit of nothing.
    public init() {}

    /// Whether enough is known to judge by.
    public var isKnown: Bool { samples.count >= 4 }

    /// Takes in a chunk that was pushed: its arrival minus the block's send time.
    public mutating func observe(_ lateness: TimeSpan) {
        samples.append(lateness.nanoseconds)
        sinceCached += 1
        if sinceCached >= 4 || lateness.nanoseconds > cached ?? .min {
            cached = nil
        }
    }

    /// The lateness that all but about one in a hundred chunks keep: the second greatest of the
    /// samples, once there are enough that one may be a mishap.
    public mutating func usualMax() -> TimeSpan? {
        guard isKnown else { return nil }
        if let cached { return TimeSpan(nanoseconds: cached) }
        var greatest = Int64.min
        var second = Int64.min
        for sample in samples.unordered {
            if sample > greatest {
                second = greatest
                greatest = sample
            } else if sample > second {
                second = sample
            }
        }
        let result = samples.count >= 32 ? second : greatest
        cached = result
        sinceCached = 0
        return TimeSpan(nanoseconds: result)
    }

    /// Forgets everything: another parent has other habits.
    public mutating func reset() { self = Lateness() }
}
