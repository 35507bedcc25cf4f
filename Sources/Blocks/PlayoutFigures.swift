public import Basics

/// What a playout buffer has achieved since its first delivery.
public struct PlayoutFigures: Sendable, Equatable {
    /// Source chunks that were handed over or whose deadline has passed.
    public internal(set) var chunksDue = 0
    /// Those of them that were held by their deadline.
    public internal(set) var chunksInTime = 0
    /// Media time that was handed over or whose deadline has passed.
    public internal(set) var pictureDue = TimeSpan.zero
    /// Media time handed over.
    public internal(set) var pictureDone = TimeSpan.zero
    /// How often the playout point halted.
    public internal(set) var stalls = 0
    /// How often a hole made playout go on at a later key frame.
    public internal(set) var skips = 0
    /// When the first picture-bearing byte was handed over; nil before.
    public internal(set) var startupAt: Instant?
    /// Media time held without a hole beyond the playout point.
    public internal(set) var bufferAhead = TimeSpan.zero
    /// The chunk handed over last; nil before the first.
    public internal(set) var playoutPoint: ChunkID?

    /// Chunks in time ÷ chunks due; nil when none was due.
    public var continuity: Double? {
        chunksDue > 0 ? Double(chunksInTime) / Double(chunksDue) : nil
    }

    /// Media time handed over ÷ media time due; nil when none was due.
    public var pictureContinuity: Double? {
        pictureDue > .zero ? pictureDone.seconds / pictureDue.seconds : nil
    }
}
