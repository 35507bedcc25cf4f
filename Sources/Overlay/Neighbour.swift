import Basics
import Paths
import Wire

/// What a peer keeps of one other peer that it has a link to.
///
/// An object that its `Peer` alone holds: a value of this size in an array of optionals would be copied,
/// with a retain for every field, by each look at one of its fields.
final class Neighbour {
    let id: PeerID
    // What every datagram needs, so close together that it shares the lines of the processor's caches.
    var downBytes = 0
    var upBytes = 0
    /// Since when it is silent although it should have sent something.
    var suspectSince: Instant?
    /// Chunks and manifests that it has from us or sent us.
    var has = BlockRing()
    var hasManifest = BlockRing()
    /// Chunks that it asked for and that we did not have.
    var wants = BlockRing()
    /// Messages that wait for the end of the present call.
    var mail: [UInt8] = []
    // Everything else.
    var role = Role.viewer
    var name = ""
    var estimate = PathEstimate()
    var establishedAt: Instant
    /// When it was last of use: fed us or was fed, or was planned to; kept only while neighbours are many.
    var usedAt: Instant
    /// Stripes that we send it.
    var childStripes: UInt32 = 0
    /// Those of them that the tracker's plan gave it, as it says.
    var plannedStripes: UInt32 = 0
    /// The stripes in whose trees it is an interior node, as it says.
    var interior: UInt32 = 0
    /// Whether it gets manifests from its parents in those trees, and needs none from others.
    var isOnTrunk = false
    /// Whether we send it every manifest, as its parent in such a tree.
    var isServed = false
    /// When it last took a stripe from us.
    var childSince = Instant.origin
    /// When it last gave feedback as our child, or subscribed.
    var feedbackAt = Instant.origin
    /// When we last told it that we do not want what it sends.
    var declinedAt = Instant.origin
    /// Stripes that we asked it for and that it has not answered, and when we asked.
    var askedStripes: UInt32 = 0
    var askedAt = Instant.origin
    var askCount = 0
    /// It refused us; do not ask again before.
    var refusedUntil = Instant.origin
    /// What it told of its store: oldest whole block, first block of the masks, masks.
    var map: BufferMap?
    /// Ancestors that it told per stripe, its parent first; empty until it tells some.
    private var told: [[PeerID]] = []
    /// Whether it may be shown to others: it was introduced, and does not hide its address.
    var isShown = false
    /// Where the tracker saw it when it was introduced last.
    var place: Endpoint?
    /// When it last asked for introductions.
    var soughtAt = Instant.origin
    /// To how many it was introduced by us.
    var introducedCount = 0
    /// Clock offset to the source that it told last.
    var clock: ClockOffset.Estimate?
    var probedAt: Instant?
    var nextProbeAt: Instant
    var nextMapAt: Instant
    /// Session counters at the last feedback, for loss.
    var receivedBefore: UInt64 = 0
    var highestBefore: UInt64 = 0
    /// Share of its datagrams that did not arrive, smoothed; nil before the first feedback.
    var loss: Double?
    /// The same for what it sends us as a parent, and for what we send it as a child.
    var lossIn: Double?
    var lossOut: Double?
    /// What it did not get of what we sent it, as it said last.
    var lossOutLast: Double?
    /// What it told in its feedback as our child.
    var subtreeMissed = 0
    var subtreeRoundTrip = 0
    var downRate = 0.0
    var upRate = 0.0
    /// The share of the chunks that we asked it for that did not come in time, smoothed.
    private(set) var unanswered = 0.0
    private var repairLevel = 128.0
    private var repairFilledAt = Instant.origin

    init(id: PeerID, at now: Instant) {
        self.id = id
        establishedAt = now
        usedAt = now
        nextProbeAt = now
        nextMapAt = now
    }

    /// How much one request counts.
    private static let unansweredWeight = 0.2

    /// What we asked it for came in time, or it did not.
    func noteAnswer(_ isAnswer: Bool) {
        unanswered += Neighbour.unansweredWeight * ((isAnswer ? 0 : 1) - unanswered)
    }

    /// Whether one more requested chunk may be sent to it: no faster than twice the stream, with
    /// bursts of two blocks.
    ///
    /// What it asks beyond that is dropped and counted.
    func takeRepairToken(chunkRate: Double, at now: Instant) -> Bool {
        let gained = max(0, (now - repairFilledAt).seconds) * chunkRate * 2
        repairLevel = min(128, repairLevel + gained)
        repairFilledAt = now
        guard repairLevel >= 1 else { return false }
        repairLevel -= 1
        return true
    }

    /// Whether it is an interior node of a stripe's tree.
    func isInterior(_ stripe: Int) -> Bool { interior >> stripe & 1 == 1 }

    /// The ancestors that it told for a stripe, its parent first.
    func ancestors(of stripe: Int) -> [PeerID] { stripe < told.count ? told[stripe] : [] }

    /// It has told its ancestors for one of so many stripes.
    func tell(ancestors: [PeerID], of stripe: Int, stripes: Int) {
        if told.count < stripes { told = Array(repeating: [], count: stripes) }
        told[stripe] = ancestors
    }

    /// Nothing that it told is true any more.
    func forgetAncestors() { told = [] }

    /// Whether it holds a chunk, as far as we know.
    func holds(_ id: ChunkID) -> Bool {
        if has.contains(id) { return true }
        guard let map, id.block >= map.oldest else { return false }
        guard id.block >= map.base else { return true }
        let at = Int(id.block - map.base)
        return at < map.masks.count && map.masks[at] >> UInt64(id.index) & 1 == 1
    }
}
