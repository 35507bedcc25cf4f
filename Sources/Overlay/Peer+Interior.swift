import Basics
import Blocks
import Wire

/// Interior nodes: who has children in a stripe's tree is served before its leaves.
///
/// Each copy of a chunk occupies an uplink for some milliseconds, and a parent has ten children or so. What
/// is late at an interior node is late for everybody below, so these go first; a leaf waits at its own
/// parent alone (measured with a crowd of 1,000 viewers whose uplinks carry 1.25 times the need: of the
/// pictures 94 % came in time rather than 91 %).
extension Peer {
    /// The stripes in which we have both a parent and children.
    var interior: UInt32 {
        feeds.indices.reduce(UInt32(0)) { mask, stripe in
            feeds[stripe].parent == nil || children[stripe].isEmpty ? mask : mask | 1 << stripe
        }
    }

    /// The same once we are fed some stripes.
    func interior(with asked: UInt32) -> UInt32 {
        feeds.indices.reduce(interior) { mask, stripe in
            asked >> stripe & 1 == 0 || children[stripe].isEmpty ? mask : mask | 1 << stripe
        }
    }

    /// Lets all parents know soon when we have become an interior node, or are one no more.
    mutating func tellInterior(at now: Instant) {
        let interior = interior
        guard interior != interiorTold else { return }
        interiorTold = interior
        for slot in feeds.compactMap(\.parent) {
            neighbours[slot]?.nextProbeAt = now
            attendAt[slot] = now
        }
    }

    /// A child has told where it is an interior node.
    mutating func note(interior: UInt32, of slot: Int) {
        guard let child = neighbours[slot], child.interior != interior else { return }
        child.interior = interior
        for stripe in children.indices where child.childStripes >> stripe & 1 == 1 {
            children[stripe].removeAll { $0 == slot }
            enlist(child: slot, stripe)
        }
    }

    /// Adds a child to those of a stripe: interior nodes first.
    mutating func enlist(child slot: Int, _ stripe: Int) {
        let rank = (isInterior(slot, stripe) ? 0 : 1, slot)
        let at = children[stripe].firstIndex { (isInterior($0, stripe) ? 0 : 1, $0) > rank }
        children[stripe].insert(slot, at: at ?? children[stripe].count)
    }

    /// Whether a child is an interior node of a stripe's tree.
    func isInterior(_ slot: Int, _ stripe: Int) -> Bool {
        (neighbours[slot]?.interior ?? 0) >> stripe & 1 == 1
    }
}
