import Basics

/// The trees of one stripe while a plan is made: one that hangs from the source and those that
/// wait for a place, whose links are kept as they are.
struct StripeForest {
    /// The stripe.
    let stripe: Int
    /// The parent of each peer; -1 for none.
    private(set) var parents: [Int32]
    /// How many hops each peer is from the source; -1 while it waits.
    private(set) var depths: [Int32]
    /// The roots of the trees that wait.
    private(set) var waiting: [Int] = []

    private var children: Adjacency
    /// The peers that hang from the source, by depth.
    private var rows: [[Int]] = []
    /// How many peers at the start of each row have no seats left.
    private var exhausted: [Int] = []

    /// Takes over the links that stay.
    init(_ roster: Roster, stripe: Int, parents: [Int32]) {
        self.stripe = stripe
        self.parents = parents
        depths = [Int32](repeating: -1, count: roster.count)
        children = Adjacency(parents)
        hang(Roster.source, depth: 0)
        waiting = (1..<roster.count).filter { parents[$0] < 0 && roster.needs($0, stripe) }
    }

    /// Whether a peer hangs from the source.
    func isConnected(_ peer: Int) -> Bool { depths[peer] >= 0 }

    /// Hangs a waiting tree below a connected peer.
    mutating func attach(_ root: Int, below parent: Int) {
        parents[root] = Int32(parent)
        hang(root, depth: depths[parent] + 1)
    }

    /// Keeps only those roots waiting that were not placed.
    mutating func forgetPlaced() { waiting.removeAll { depths[$0] >= 0 } }

    /// Puts the waiting roots into an order.
    mutating func sortWaiting<Key: Comparable>(by key: (Int) -> Key) {
        waiting = waiting.map { (key($0), $0) }.sorted(by: <).map(\.1)
    }

    /// Forgets who had no seats left: some may have been given back since.
    mutating func searchAnew() {
        exhausted = [Int](repeating: 0, count: rows.count)
    }

    /// The connected peer nearest the source that has a seat and is acceptable.
    mutating func place(hasSeat: (Int) -> Bool, allowed: (Int) -> Bool) -> Int? {
        for row in rows.indices {
            while exhausted[row] < rows[row].count, !hasSeat(rows[row][exhausted[row]]) {
                exhausted[row] += 1
            }
            let candidates = rows[row][exhausted[row]...]
            if let found = candidates.first(where: { hasSeat($0) && allowed($0) }) { return found }
        }
        return nil
    }

    /// The peers of a waiting tree, its root first.
    func tree(below root: Int) -> [Int] {
        var peers = [root]
        var next = 0
        while next < peers.count {
            peers.append(contentsOf: children[peers[next]].map(Int.init))
            next += 1
        }
        return peers
    }

    /// Puts a waiting tree into the place of a connected peer, which goes below one of its peers.
    mutating func displace(_ peer: Int, by root: Int, below helper: Int) {
        parents[root] = parents[peer]
        rehang(peer, below: helper)
    }

    /// Gives a connected peer another parent, and all their depths anew.
    mutating func rehang(_ peer: Int, below parent: Int) {
        parents[peer] = Int32(parent)
        children = Adjacency(parents)
        depths = [Int32](repeating: -1, count: depths.count)
        rows = []
        exhausted = []
        hang(Roster.source, depth: 0)
    }

    /// Cuts all links of the trees that wait; returns the parents that lost a child each.
    mutating func dissolveWaiting() -> [Int] {
        let cut = parents.indices.filter { depths[$0] < 0 && parents[$0] >= 0 }
        let former = cut.map { Int(parents[$0]) }
        for peer in cut { parents[peer] = -1 }
        if !cut.isEmpty { children = Adjacency(parents) }
        return former
    }

    /// Lets everybody wait who needs the stripe and is not connected.
    mutating func wait(for roster: Roster) {
        waiting = (1..<depths.count).filter { depths[$0] < 0 && roster.needs($0, stripe) }
    }

    /// The connected peers that were not root: candidates for being displaced.
    var connected: [Int] { rows.dropFirst().flatMap { $0 } }

    /// Whether a peer had children when the forest was last laid out.
    func isLeaf(_ peer: Int) -> Bool { children[peer].isEmpty }

    /// Gives a tree its depths, breadth first.
    private mutating func hang(_ root: Int, depth: Int32) {
        var row = [root]
        var depth = depth
        while !row.isEmpty {
            while rows.count <= Int(depth) {
                rows.append([])
                exhausted.append(0)
            }
            rows[Int(depth)].append(contentsOf: row)
            var below: [Int] = []
            for peer in row {
                depths[peer] = depth
                below.append(contentsOf: children[peer].map(Int.init))
            }
            row = below
            depth += 1
        }
    }
}

/// The children of each peer, in one array.
private struct Adjacency {
    private var starts: [Int32]
    private var children: [Int32]

    init(_ parents: [Int32]) {
        starts = [Int32](repeating: 0, count: parents.count + 1)
        for parent in parents where parent >= 0 { starts[Int(parent) + 1] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        var next = starts
        children = [Int32](repeating: 0, count: Int(starts[parents.count]))
        for (child, parent) in parents.enumerated() where parent >= 0 {
            children[Int(next[Int(parent)])] = Int32(child)
            next[Int(parent)] += 1
        }
    }

    subscript(peer: Int) -> ArraySlice<Int32> {
        children[Int(starts[peer])..<Int(starts[peer + 1])]
    }
}
