public import Basics

/// How long after the source sent them the chunks of one stripe arrive.
///
/// The clocks of source and viewer need not agree: only differences of lateness matter. 64 samples are
/// kept, 5 to 6 s at ordinary rates, so that a stripe's habit is known soon and forgotten soon.
public struct Lateness: Sendable {
    private var samples = RingBuffer<Int64>(capacity: 64)
    private var cached: Int64?
    private var sinceCached = 0
    /// What was conspicuous when it was last looked up, and how many samples since came much earlier.
    private var usual: Int64?
    private var earlyInRow = 0

    /// So many samples in a row, each earlier than what is conspicuous by so much, mean a shorter way.
    ///
    /// Who joins takes its first parents' late chunks for their habit, and would wait that long for
    /// each lost one until 64 samples have passed (measured at 5 % loss: 300 ms, for nine seconds).
    private static let earlyMax = 24
    private static let muchEarlier = TimeSpan.milliseconds(60).nanoseconds

    /// Makes a habit of nothing.
    public init() {}

    /// Whether enough is known to judge by.
    public var isKnown: Bool { samples.count >= 4 }

    /// Takes in a chunk that was pushed: its arrival minus its own send time (`Departure`).
    public mutating func observe(_ lateness: TimeSpan) {
        samples.append(lateness.nanoseconds)
        noteEarly(lateness.nanoseconds)
        sinceCached += 1
        if sinceCached >= 8 || samples.count < 8 { cached = nil }
    }

    private mutating func noteEarly(_ sample: Int64) {
        guard let usual, sample < usual - Lateness.muchEarlier else {
            earlyInRow = 0
            return
        }
        earlyInRow += 1
        guard earlyInRow >= Lateness.earlyMax else { return }
        let newest = samples.ordered.suffix(Lateness.earlyMax)
        reset()
        for sample in newest { samples.append(sample) }
    }

    /// The lateness after which a chunk is conspicuous: the 80th percentile, and as much again as that is
    /// above the median.
    ///
    /// A higher quantile would hold what the parent itself had to fetch, so that every hop would wait
    /// longer for a lost chunk than the one before it.
    public mutating func usualMax() -> TimeSpan? {
        guard isKnown else { return nil }
        if let cached { return TimeSpan(nanoseconds: cached) }
        let (median, high) = quantiles
        let result = high + (high - median)
        cached = result
        usual = result
        sinceCached = 0
        return TimeSpan(nanoseconds: result)
    }

    /// The median and the 80th percentile; there must be samples.
    ///
    /// Selected rather than sorted (Hoare's Find, CACM 1961): sorting was a twentieth of a simulation of 25
    /// viewers (measured).
    private var quantiles: (median: Int64, high: Int64) {
        let count = samples.count
        let (middle, top) = (count / 2, min(count - 1, count * 4 / 5))
        return withUnsafeTemporaryAllocation(of: Int64.self, capacity: count) { buffer in
            _ = buffer.initialize(from: samples.unordered)
            let high = Lateness.select(top, of: buffer)
            // What is below the percentile's place is not larger: the median is among it, or the same.
            let median =
                middle == top ? high : Lateness.select(middle, of: .init(rebasing: buffer[..<top]))
            return (median, high)
        }
    }

    /// The value that would stand at a place if the buffer were sorted; everything before that place is
    /// not larger then.
    private static func select(_ place: Int, of buffer: UnsafeMutableBufferPointer<Int64>) -> Int64
    {
        var (low, high) = (0, buffer.count - 1)
        while low < high {
            let pivot = buffer[place]
            var (left, right) = (low, high)
            while left <= right {
                while buffer[left] < pivot { left += 1 }
                while buffer[right] > pivot { right -= 1 }
                if left <= right {
                    buffer.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if right < place { low = left }
            if place < left { high = right }
        }
        return buffer[place]
    }

    /// Takes a lateness for the habit, whatever was before: the way has become longer.
    public mutating func reset(to lateness: TimeSpan) {
        reset()
        for _ in 0..<4 { observe(lateness) }
    }

    /// Forgets everything: another parent has other habits.
    public mutating func reset() { self = Lateness() }
}
