import Basics
import Wire

/// Interior nodes: who has children in a stripe's tree is served before its leaves.
///
/// Each copy of a chunk occupies an uplink for some milliseconds, and a parent has ten children or so. What
/// is late at an interior node is late for everybody below, so these go first; a leaf waits at its own
/// parent alone (measured with a crowd of 1,000 viewers whose uplinks carry 1.25 times the need: of the
/// pictures 94 % came in time rather than 91 %).
extension Peer {
    /// The stripes in which we have both a parent, or will have with those asked for, and children.
    func interior(with asked: UInt32 = 0) -> UInt32 {
        feeds.indices.reduce(UInt32(0)) { mask, stripe in
            let isFed = feeds[stripe].parent != nil || asked >> stripe & 1 == 1
            return isFed && !children[stripe].isEmpty ? mask | 1 << stripe : mask
        }
    }

    /// The same as parents are told it: with `Subscribe.trunkFlag` while manifests come down the trunk.
    func interiorWord(with asked: UInt32 = 0) -> UInt32 {
        interior(with: asked) | (isOnTrunk ? Subscribe.trunkFlag : 0)
    }

    /// Lets all parents know soon when we have become an interior node, or are one no more.
    mutating func tellInterior(at now: Instant) {
        let interior = interiorWord()
        guard interior != interiorTold else { return }
        interiorTold = interior
        for slot in feeds.compactMap(\.parent) {
            neighbours[slot]?.nextProbeAt = now
            attendAt[slot] = now
        }
    }

    /// A child has told where it is an interior node.
    mutating func note(interior: UInt32, of slot: Int) {
        guard let child = neighbours[slot] else { return }
        child.isOnTrunk = interior & Subscribe.trunkFlag != 0
        let stripes = interior & ~Subscribe.trunkFlag
        guard child.interior != stripes else { return }
        child.interior = stripes
        for stripe in children.indices where child.childStripes >> stripe & 1 == 1 {
            children[stripe].removeAll { $0 == slot }
            enlist(child: slot, stripe)
        }
    }

    /// Adds a child to those of a stripe: interior nodes first.
    mutating func enlist(child slot: Int, _ stripe: Int) {
        func rank(_ child: Int) -> (Int, Int) {
            (neighbours[child]?.isInterior(stripe) == true ? 0 : 1, child)
        }
        let own = rank(slot)
        let at = children[stripe].firstIndex { rank($0) > own }
        children[stripe].insert(slot, at: at ?? children[stripe].count)
    }
}
