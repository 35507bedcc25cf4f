public import Basics

/// What the trees of a plan look like in numbers, for tests, reports and snapshots.
public struct TreeFigures: Sendable, Equatable {
    /// The hops from the source to each connected peer, per stripe.
    public private(set) var depths: [[PeerID: Int]]
    /// How many children each peer has, in all stripes together; only peers that have some.
    public private(set) var degrees: [PeerID: Int] = [:]
    /// In how many stripes each peer has children; only peers that have some.
    public private(set) var interiorStripes: [PeerID: Int] = [:]
    /// How many different parents each peer has in all its stripes.
    public private(set) var distinctParents: [PeerID: Int] = [:]
    /// How many assignments have no parent.
    public private(set) var unfed = 0
    /// How many assignments have a parent but no way up to the source: 0 in every plan made here.
    public private(set) var disconnected = 0

    /// Measures a plan.
    public init(_ plan: Plan, source: PeerID, stripeCount: Int) {
        depths = [[PeerID: Int]](repeating: [:], count: stripeCount)
        var parents = [[PeerID: PeerID]](repeating: [:], count: stripeCount)
        for (peer, assignments) in plan.parents {
            let given = assignments.filter { (0..<stripeCount).contains($0.stripe) }
            unfed += given.count { $0.parent == nil }
            distinctParents[peer] = Set(given.compactMap(\.parent)).count
            for assignment in given { parents[assignment.stripe][peer] = assignment.parent }
        }
        for stripe in 0..<stripeCount {
            countChildren(parents[stripe])
            measure(parents[stripe], source, stripe)
        }
    }

    /// The greatest number of hops in a stripe; 0 when nobody is connected.
    public func depthMax(stripe: Int) -> Int { depths[stripe].values.max() ?? 0 }

    private mutating func countChildren(_ parents: [PeerID: PeerID]) {
        for parent in parents.values { degrees[parent, default: 0] += 1 }
        for parent in Set(parents.values) { interiorStripes[parent, default: 0] += 1 }
    }

    private mutating func measure(_ parents: [PeerID: PeerID], _ source: PeerID, _ stripe: Int) {
        var known = [source: 0]
        for start in parents.keys {
            var path: [PeerID] = []
            var peer = start
            while known[peer] == nil, path.count <= parents.count, let parent = parents[peer] {
                path.append(peer)
                peer = parent
            }
            guard var depth = known[peer] else {
                disconnected += 1
                continue
            }
            for below in path.reversed() {
                depth += 1
                known[below] = depth
            }
        }
        known[source] = nil
        depths[stripe] = known
    }
}
