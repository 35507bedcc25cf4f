public import Basics

/// Which of a programme's renditions the down-link carries.
///
/// What cannot be carried comes late: when too many chunks miss their deadlines the choice falls by
/// one rendition, and after a while without misses it tries the better one again. A try that fails
/// makes the next one wait twice as long.
public struct RenditionChoice: Sendable {
    /// Below this share of chunks in time, over `judged`, the rendition is too much.
    ///
    /// Repair copes with losses of a few per cent; what is missing beyond it freezes pictures every
    /// few seconds.
    static let shareLeast = 0.95
    /// How much of the past a verdict looks at: long enough that one burst of losses is no verdict.
    static let judged = TimeSpan.seconds(4)
    /// How long everything must have come in time before the better rendition is tried.
    static let patienceLeast = TimeSpan.seconds(20)
    /// And at most, after tries that failed.
    static let patienceMost = TimeSpan.seconds(320)

    private struct Sample {
        let at: Instant
        let due: Int
        let inTime: Int
    }

    /// The rendition in use, 0 for the best.
    public private(set) var index: Int
    private let count: Int
    private var samples: [Sample] = []
    private var last: (due: Int, inTime: Int)?
    private var patience = patienceLeast
    private var cleanSince: Instant?
    private var climbedAt: Instant?

    /// Begins with the best of so many renditions.
    public init(count: Int) {
        self.count = max(1, count)
        index = 0
    }

    /// Takes note that a rendition is in use now: what came before says nothing about it.
    public mutating func begin(_ index: Int, at now: Instant) {
        if index < self.index { climbedAt = now }
        self.index = max(0, min(count - 1, index))
        samples = []
        last = nil
        cleanSince = nil
    }

    /// Takes note of how many chunks have been due since the start, and how many came in time.
    public mutating func observe(due: Int, inTime: Int, at now: Instant) {
        defer { last = (due, inTime) }
        guard let last, due >= last.due, inTime >= last.inTime else { return samples = [] }
        samples.append(Sample(at: now, due: due - last.due, inTime: inTime - last.inTime))
        samples.removeAll { now - $0.at > RenditionChoice.judged }
        if inTime - last.inTime < due - last.due { cleanSince = nil }
        if cleanSince == nil, inTime - last.inTime == due - last.due { cleanSince = now }
    }

    /// Whether what came in the last seconds is less than the rendition in use needs.
    public var isTooMuch: Bool {
        let due = samples.reduce(0) { $0 + $1.due }
        let inTime = samples.reduce(0) { $0 + $1.inTime }
        guard samples.count >= 3, due > 0 else { return false }
        return Double(inTime) < Double(due) * RenditionChoice.shareLeast
    }

    /// Takes note that a better rendition was tried and made the one in use come late: the next try
    /// waits twice as long.
    public mutating func failTry() {
        patience = min(patience + patience, RenditionChoice.patienceMost)
        samples = []
        cleanSince = nil
    }

    /// The rendition to move to; nil to stay.
    public mutating func decide(at now: Instant) -> Int? {
        if isTooMuch, index + 1 < count {
            if let climbedAt, now - climbedAt < patience {
                patience = min(patience + patience, RenditionChoice.patienceMost)
            }
            return index + 1
        }
        guard index > 0, let cleanSince, now - cleanSince >= patience else { return nil }
        return index - 1
    }
}
