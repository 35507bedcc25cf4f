import Basics
import Scheduling
import Wire

/// Where one stripe comes from.
///
/// The parent is the slot of the neighbour that sends the stripe; a candidate is one that was asked and
/// has not answered yet. Make before break: the parent stays until a candidate has accepted.
struct StripeFeed: Sendable {
    /// What the tracker planned: the parent, then backups, best first.
    var planned: [PeerID] = []
    /// When the tracker first planned it.
    var plannedAt: Instant?
    var parent: Int?
    var candidate: Int?
    /// Whether the parent knows that the plan names it.
    var isPlanTold = false
    /// When the present parent accepted us.
    var parentSince = Instant.origin
    var lateness = Lateness()
    /// When the parent last sent a chunk without being asked, in time or late.
    var pushedAt = Instant.origin
    /// The last chunk that the parent pushed before its manifest was here, and when it came.
    var early: (chunk: ChunkID, at: Instant)?
    /// Blocks in a row whose chunk the parent did not push in time.
    var missedInRow = 0
    /// Chunks in a row that were asked for elsewhere and came from the parent after all.
    var lateIndeed = 0
    /// Chunks in a row that the parent itself was asked for before they came from it.
    var answeredInRow = 0
    /// When to look for a parent, or for the planned one, again.
    var reviewAt = Instant.origin
    /// When the stripe lost its last parent; nil while it has one.
    var orphanSince: Instant?

    /// The parent has sent a chunk without being asked.
    mutating func notePush(at then: Instant) {
        pushedAt = then
        missedInRow = 0
        lateIndeed = 0
        answeredInRow = 0
    }

    /// It has no parent any more, and another is looked for at once.
    mutating func loseParent(at now: Instant) {
        parent = nil
        orphanSince = now
        reviewAt = now
    }

    /// Whether no parent has ever fed it.
    var isFresh: Bool { parent == nil && orphanSince == nil }
}
