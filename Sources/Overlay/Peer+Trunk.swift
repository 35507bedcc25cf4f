import Basics
import Wire

/// The trunk of the trees: the links between interior nodes.
///
/// Nobody passes a chunk on before its manifest is there. Were manifests to go down one tree after the other,
/// most would reach an interior node of another tree as a leaf, when its chunk has been waiting for the time
/// of two hops, and everybody below waits with it. So in a large swarm each interior node gets every manifest
/// from its parent in its own tree, in front of the chunks (measured with 1,000 viewers: lag 375 ms rather
/// than 512 in the median). As long as that works it gets no other copy; whoever is a leaf everywhere gets its
/// copies on the stripes of the blocks' numbers.
extension Peer {
    /// From so many viewers on trees are so deep that it pays.
    ///
    /// At each link of the trunk it takes a third more of the uplink (measured with 60 viewers whose uplinks carry
    /// hardly what they need: .982 of all chunks in time rather than .997). From as many on plans leave room for it
    /// (`RowPlan.smallMax`).
    private static let audienceLarge = 256
    /// From so many viewers on the source sends manifests to all its children.
    private static let audienceOfSource = 32
    /// What a manifest takes of an uplink, in chunks.
    private static let manifestShare = 0.3

    /// Whether the swarm has deep trees, and every seat that it needs.
    ///
    /// While a crowd comes the trunk's manifests take what newcomers need (measured with 3,000 viewers: of all chunks
    /// .75 in time rather than .93).
    var isAudienceLarge: Bool {
        guard let summary = tracker.summary else { return false }
        return summary.isFormed && summary.viewers >= Peer.audienceLarge
    }

    /// Whether a manifest goes from the source to all its children, whatever their stripes.
    var isManifestForAll: Bool {
        isSource && !isCongested && (tracker.summary?.viewers ?? 0) >= Peer.audienceOfSource
    }

    /// Chooses the children that get every manifest from us: interior nodes in a stripe that they get from us, as
    /// many as our uplink has room for.
    ///
    /// Others bear the others' manifests until they see that they come down the trunk (`isOnTrunk`). Were it decided
    /// by the swarm's size alone, some would get a manifest from nobody while it grows beyond the limit, and others
    /// from a full uplink (measured in a crowd: of the chunks .5 to .9 in time while it lasted).
    mutating func chooseTrunk() {
        let room = isSource ? .max : Int(Double(seatsHard - seatsUsed) / Peer.manifestShare)
        var served = 0
        for slot in fed {
            guard let child = neighbours[slot] else { continue }
            child.isServed =
                isAudienceLarge && child.interior & child.childStripes != 0 && served < room
            if child.isServed { served += 1 }
        }
    }

    /// The children that get every manifest from us.
    var trunk: [Int] { fed.filter { neighbours[$0]?.isServed ?? false } }

    /// The children of a stripe that need a block's manifest from us because of its number.
    func offTrunk(_ stripe: Int) -> [Int] {
        children[stripe].filter { slot in
            guard let child = neighbours[slot] else { return false }
            return !child.isOnTrunk || child.interior == 0
        }
    }

    /// Notes whether manifests come down the trunk, when that of a block has come.
    ///
    /// Judged by the block two before: what came from elsewhere first has come down the trunk by now.
    mutating func noteTrunk(at block: UInt32) {
        guard isAudienceLarge, block >= 2 else {
            trunkRun = 0
            return
        }
        let mask = interior()
        let isServed = feeds.indices.contains { stripe in
            guard mask >> stripe & 1 == 1, let parent = feeds[stripe].parent else { return false }
            return neighbours[parent]?.hasManifest.mask(of: block - 2) != 0
        }
        trunkRun = isServed ? min(trunkRun + 1, Peer.trunkRunLeast) : 0
    }

    /// Whether manifests have come down the trunk for a while.
    var isOnTrunk: Bool { trunkRun >= Peer.trunkRunLeast }
    /// So many blocks in a row make a habit: more than a second.
    private static let trunkRunLeast = 16
}
