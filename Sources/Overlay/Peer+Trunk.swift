import Basics
import Wire

/// The trunk of the trees: the links between interior nodes.
///
/// Nobody passes a chunk on before its manifest is there. Were manifests to go down one tree after the other,
/// most would reach an interior node of another tree as a leaf, when its chunk has been waiting for the time
/// of two hops, and everybody below waits with it. So in a large swarm each interior node gets every manifest
/// from its parent in its own tree, in front of the chunks (measured with 1,000 viewers: lag 375 ms rather
/// than 512 in the median). That is the one copy it gets; whoever is a leaf everywhere gets its copies on the
/// stripes of the blocks' numbers.
extension Peer {
    /// From so many viewers on trees are so deep that it pays: at each link of the trunk it takes a third more
    /// of the uplink (measured with 60 viewers whose uplinks carry hardly what they need: .982 of all chunks in
    /// time rather than .997). From as many on plans leave room for it (`RowPlan.smallMax`).
    private static let audienceLarge = 256
    /// From so many viewers on the source sends manifests to all its children.
    private static let audienceOfSource = 32
    /// What a manifest takes of an uplink, in chunks.
    private static let manifestShare = 0.3

    /// Whether the swarm has deep trees.
    var isAudienceLarge: Bool { (tracker.summary?.viewers ?? 0) >= Peer.audienceLarge }

    /// Whether a manifest goes from the source to all its children, whatever their stripes.
    var isManifestForAll: Bool {
        isSource && !isCongested && (tracker.summary?.viewers ?? 0) >= Peer.audienceOfSource
    }

    /// The children that are interior nodes in a stripe that they get from us.
    var trunk: [Int] {
        fed.filter { slot in
            guard let child = neighbours[slot] else { return false }
            return child.interior & child.childStripes != 0
        }
    }

    /// The seats in use, with what the manifests for the trunk take beside the chunks.
    var seatsFilled: Int {
        guard isAudienceLarge, !isSource else { return seatsUsed }
        return seatsUsed + Int((Double(trunk.count) * Peer.manifestShare).rounded())
    }
}
