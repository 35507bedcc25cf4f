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
    private(set) var rows: [[Int]] = []
    /// Where to look for a seat, for each class of peers.
    private var searches: [Search]

    /// Up to where a class of peers will find nothing: seats are only taken while it lasts.
    private struct Search {
        /// The first row that may have something.
        var row = 0
        /// How many peers at the start of each row have no seat or cannot be reached.
        var passed: [Int] = []
    }

    /// Takes over the links that stay.
    init(_ roster: Roster, stripe: Int, parents: [Int32]) {
        self.stripe = stripe
        self.parents = parents
        depths = [Int32](repeating: -1, count: roster.count)
        children = Adjacency(parents)
        searches = [Search](repeating: Search(), count: roster.reachability.classCount)
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
        for at in searches.indices { searches[at] = Search() }
    }

    /// The connected peer nearest the source that has a seat for a peer.
    ///
    /// Seats that were seen to be taken are not looked at again until `searchAnew`: all searches
    /// of a class together take one pass.
    mutating func place(for peer: Int, _ roster: Roster, _ seats: [Int], source: Int) -> Int? {
        let own = Int(roster.reach[peer])
        var isFirst = true
        for row in searches[own].row..<max(searches[own].row, rows.count) {
            while searches[own].passed.count <= row { searches[own].passed.append(0) }
            var at = searches[own].passed[row]
            while at < rows[row].count {
                let candidate = rows[row][at]
                let free = candidate == Roster.source ? source : seats[candidate]
                let isOpen =
                    free > 0 && roster.reachability.allows(UInt8(own), roster.reach[candidate])
                if isOpen {
                    isFirst = false
                    if roster.allows(peer, under: candidate) { return candidate }
                } else if searches[own].passed[row] == at {
                    searches[own].passed[row] = at + 1
                }
                at += 1
            }
            if isFirst { searches[own].row = row + 1 }
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
        searchAnew()
        hang(Roster.source, depth: 0)
    }

    /// Gives connected peers other parents at the depth of the present ones.
    ///
    /// Call `relink` when all is done, so that the children are known again.
    mutating func replace(_ peer: Int, below parent: Int) {
        precondition(depths[parent] == depths[Int(parents[peer])], "another row")
        parents[peer] = Int32(parent)
    }

    /// Finds out anew who has which children.
    mutating func relink() { children = Adjacency(parents) }

    /// The children of a peer when the forest was last laid out.
    func children(of peer: Int) -> ArraySlice<Int32> { children[peer] }

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
            while rows.count <= Int(depth) { rows.append([]) }
            for at in searches.indices where searches[at].row > Int(depth) {
                searches[at].row = Int(depth)
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
