import Basics

/// What a peer counts, from its start.
struct PeerCounters: Sendable {
    var wireIn = 0
    var wireOut = 0
    var mediaIn = 0
    var mediaFromSource = 0
    var mediaFar = 0
    var mediaOut = 0
    var mediaDelivered = 0
    var chunksIn = 0
    var duplicates = 0
    /// Chunks that were asked for although they were only late.
    var impatient = 0
    var rescued = 0
    var recovered = 0
    var requested = 0
    var refusedRequests = 0
    var forged = 0
    var violations = 0
    var malformed = 0
    var unknownMessages = 0
    var moves = 0
    var punchesRefused = 0
    /// Pairs of neighbours that we brought together.
    var introduced = 0
}

/// Bits per second out of a growing byte count.
struct RateMeter: Sendable {
    private var countBefore = 0
    private var at: Instant?
    /// The rate, smoothed over about 3 s; nil before the first second.
    private(set) var bitsPerSecond: Double?

    mutating func observe(_ count: Int, at now: Instant) {
        guard let before = at else {
            countBefore = count
            at = now
            return
        }
        let span = (now - before).seconds
        guard span >= 0.5 else { return }
        let fresh = Double(count - countBefore) * 8 / span
        bitsPerSecond = bitsPerSecond.map { $0 + (fresh - $0) * min(1, span / 2) } ?? fresh
        countBefore = count
        at = now
    }
}
