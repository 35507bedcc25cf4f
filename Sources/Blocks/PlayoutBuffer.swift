public import Basics
public import Wire

/// Hands over source chunks in order: never across a hole, always from a key frame.
///
/// With a latency, a block is handed over at its source's send time plus the latency, and that
/// instant is its chunks' deadline. With latency 0, chunks are handed over as soon as they are in
/// order, and the deadline is 1 s after the block was first seen. When a deadline passes, playout
/// goes on at a later key frame and says so.
public struct PlayoutBuffer: Sendable {
    /// A chunk for the player.
    public struct Delivery: Sendable, Equatable {
        /// The media.
        public let bytes: Bytes
        /// Which chunk it is.
        public let id: ChunkID
        /// Whether a decoder may start here.
        public let startsKeyFrame: Bool
        /// Whether something is missing in front of it.
        public let isDiscontinuity: Bool
        /// Media time of its block.
        public let mediaTime: TimeSpan
        /// When the source sent its block, on the source's clock.
        public let sentAt: Instant
    }

    /// With latency 0, a chunk is given up this long after its block was first seen.
    public static let patience = TimeSpan.seconds(1)
    /// With latency 0, playout that waits longer than this for known data has stalled.
    public static let haltMin = TimeSpan.milliseconds(250)
    /// Blocks that are known at a time, at most.
    public static let blocksMax = 1_024

    /// How long after the source's send time a block is handed over; 0 for as soon as possible.
    public let latency: TimeSpan
    /// What is due within this span must be there as well before playout starts for the first time: a
    /// newcomer's past may still be coming in.
    public var startMargin = TimeSpan.zero
    /// What has been achieved.
    public internal(set) var figures = PlayoutFigures()
    /// When `release` has something to do even if nothing arrives; as of the last `release`.
    public private(set) var nextDeadline: Instant?

    enum State: Sendable {
        /// Nothing is handed over until a key frame of block `head` or later is ready.
        case seeking
        /// `head` is handed over, or waited for.
        case playing
    }

    /// A block as its manifest describes it.
    struct Known: Sendable {
        var sourceCount: Int
        var flags: Manifest.Flags
        var mediaTime: TimeSpan
        var sentAt: Instant
        /// When it is handed over: its send time plus the latency.
        var due: Instant
        /// When its manifest was first seen.
        var seenAt: Instant
        /// How many of its chunks were handed over.
        var handedCount = 0
        /// Whether its chunks that were not handed over have been counted.
        var isCounted = false
        /// Its media time, once it has been counted.
        var span: TimeSpan?
    }

    var window = BlockWindow<Known>(spanMax: blocksMax)
    var state = State.seeking
    /// The block that is handed over next.
    var head: UInt32 = 0
    /// The blocks that begin with a key frame, in order.
    var keyFrames: [UInt32] = []
    /// Something is missing before the next delivery.
    var isBroken = false
    /// The stream has ended with a block that was handed over.
    var hasEnded = false

    /// The first block that is not counted yet; nil before the first delivery.
    var counted: UInt32?
    /// For blocks whose manifest never came: the chunks and the media time of the block before.
    var typicalCount = 0
    var typicalSpan = TimeSpan.zero
    /// The first block from `head` on that is not complete.
    var ahead: UInt32 = 0
    /// When something was last handed over or passed, and what was due then.
    var progressedAt: Instant
    var progressedDue: Instant
    /// The halt since then has been counted.
    var isHalted = false

    /// Makes an empty buffer.
    public init(latency: TimeSpan, at now: Instant) {
        self.latency = max(.zero, latency)
        progressedAt = now
        progressedDue = now
    }

    /// Whether anything has been handed over.
    var hasStarted: Bool { counted != nil }

    /// Learns of a block; `dueBase` is the source's send time on the local clock.
    ///
    /// The same block again changes nothing.
    public mutating func note(manifest: Manifest, dueBase: Instant, at now: Instant) {
        let block = manifest.block
        guard !window.contains(block), block >= min(head, counted ?? head) else { return }
        var known = Known(
            sourceCount: manifest.sourceCount,
            flags: manifest.flags,
            mediaTime: manifest.mediaTime,
            sentAt: manifest.sentAt,
            due: dueBase + latency,
            seenAt: now
        )
        if let counted, block < counted {  // It was counted without its manifest.
            known.isCounted = true
            known.span = typicalSpan
        }
        if let newest = window.bounds?.upperBound, newest < block {
            forget(below: block - min(block, UInt32(PlayoutBuffer.blocksMax - 1)))
        }
        guard window.hasRoom(for: block) else { return }
        window.insert(known, at: block)
        if known.flags.contains(.keyFrame), known.sourceCount > 0 {
            let at = keyFrames.lastIndex { $0 < block }.map { $0 + 1 } ?? 0
            keyFrames.insert(block, at: at)
        }
    }

    /// Hands over what is in order and due; call it after every insertion and at `nextDeadline`.
    ///
    /// - Returns: `nextDeadline`, the distant future for none.
    @discardableResult
    public mutating func release(
        from store: ChunkStore,
        at now: Instant,
        into deliveries: inout [Delivery]
    ) -> Instant {
        rounds: for _ in 0...keyFrames.count {  // A round that goes on has used up a key frame.
            if state == .seeking, !start(from: store, at: now) { break rounds }
            if !play(from: store, at: now, into: &deliveries) { break rounds }
            skip()
        }
        count(with: store, at: now)
        measureAhead(with: store)
        noteHalt(at: now)
        forget(below: counted.map { min(head, $0) } ?? store.oldestBlock ?? 0)
        nextDeadline = deadline(after: now)
        return nextDeadline ?? .distantFuture
    }

    /// The first block that playing on needs and that only later ones tell of.
    ///
    /// Its manifest has not come. Nil when there is none, or nothing plays.
    @inline(__always)
    public var unknownAhead: UInt32? {
        guard state == .playing, window[ahead] == nil, window.first(from: ahead) != nil else {
            return nil
        }
        return ahead
    }

    // Inlined, like others here: for a call the whole buffer would be copied to be handed over.

    /// When a block is given up; that of the next known one when its manifest has not come.
    @inline(__always)
    func deadline(of block: UInt32) -> Instant? {
        guard let next = window.first(from: block), let known = window[next] else { return nil }
        return latency > .zero ? known.due : known.seenAt + PlayoutBuffer.patience
    }
}
