import Basics

/// Chooses whom a peer turns to in one stripe when its parent fails.
///
/// Best are other peers with children in the stripe that are no deeper than the peer, hence never
/// its descendants; then the source; then whoever else is connected. Peers and candidates lie on a
/// ring by hash and each peer takes those that follow it, so that the backups of a dead peer's
/// children are spread, and stay the same while the swarm changes elsewhere.
struct Backups {
    private let roster: Roster
    private let forest: StripeForest
    private let seatsFree: [Int]
    /// The peers with children by depth, each row in order of the ring.
    private var feeders: [[Place]] = []
    /// The other connected peers that have a seat, in order of the ring.
    private var leaves: [Place] = []

    private struct Place {
        var position: UInt64
        var peer: Int
    }

    /// How many followers on a ring are looked at.
    private static let looksMax = 8

    /// Lays out the rings of one stripe.
    init(_ roster: Roster, _ forest: StripeForest, seatsFree: [Int]) {
        self.roster = roster
        self.forest = forest
        self.seatsFree = seatsFree
        var busy = [Bool](repeating: false, count: roster.count)
        for parent in forest.parents where parent >= 0 { busy[Int(parent)] = true }
        for peer in 1..<roster.count where forest.isConnected(peer) {
            let place = Place(position: roster.lot(peer, forest.stripe), peer: peer)
            if busy[peer] {
                let depth = Int(forest.depths[peer])
                while feeders.count <= depth { feeders.append([]) }
                feeders[depth].append(place)
            } else if seatsFree[peer] > 0 {
                leaves.append(place)
            }
        }
        for row in feeders.indices { feeders[row].sort { $0.position < $1.position } }
        leaves.sort { $0.position < $1.position }
    }

    /// The backups of a peer, best first, at most `Plan.Assignment.backupsMax`.
    func choose(for peer: Int) -> [Int] {
        var chosen: [Int] = []
        let rows = rows(for: peer)
        add(from: rows.prefix(2).map { feeders[$0] }, for: peer, to: &chosen)
        for row in rows.dropFirst(2) { add(from: [feeders[row]], for: peer, to: &chosen) }
        if chosen.count < Plan.Assignment.backupsMax, isAcceptable(Roster.source, for: peer) {
            chosen.append(Roster.source)
        }
        add(from: [leaves], for: peer, to: &chosen)
        for row in feeders { add(from: [row], for: peer, to: &chosen) }
        return chosen
    }

    /// The rows in order of preference: those next to the peer, where there are many to spread
    /// over, then those nearer the source, which have more to do already.
    private func rows(for peer: Int) -> [Int] {
        let own = forest.isConnected(peer) ? Int(forest.depths[peer]) : feeders.count
        let near = [own - 1, own].filter { $0 > 0 && $0 < feeders.count }
        return near + stride(from: min(own - 1, feeders.count) - 1, through: 1, by: -1)
    }

    /// Adds the best of those that follow a peer on some rings: with a seat free, in another
    /// network than the parent, and otherwise by lot.
    private func add(from rings: some Sequence<[Place]>, for peer: Int, to chosen: inout [Int]) {
        guard chosen.count < Plan.Assignment.backupsMax else { return }
        let parent = Int(forest.parents[peer])
        let position = roster.lot(peer, SwarmView.stripesMax)
        var found: [(Int, Int, UInt64, Int)] = []
        for ring in rings where !ring.isEmpty {
            let start = firstIndex(in: ring, from: position)
            for look in 0..<min(Backups.looksMax, ring.count) {
                let place = ring[(start + look) % ring.count]
                guard !chosen.contains(place.peer), isAcceptable(place.peer, for: peer) else {
                    continue
                }
                let full = seatsFree[place.peer] > 0 ? 0 : 1
                let near = parent >= 0 && roster.prefixes[place.peer] == roster.prefixes[parent]
                let lot = Roster.mix(position ^ place.position)
                found.append((full, near ? 1 : 0, lot, place.peer))
            }
        }
        let wanted = Plan.Assignment.backupsMax - chosen.count
        chosen += found.sorted(by: <).prefix(wanted).map(\.3)
    }

    private func firstIndex(in ring: [Place], from position: UInt64) -> Int {
        var low = 0
        var high = ring.count
        while low < high {
            let middle = (low + high) / 2
            if ring[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low % ring.count
    }

    private func isAcceptable(_ candidate: Int, for peer: Int) -> Bool {
        guard roster.allows(peer, under: candidate), Int(forest.parents[peer]) != candidate else {
            return false
        }
        return !isDescendant(candidate, of: peer)
    }

    /// Whether a connected peer is below another; walks up, at most the depth of the tree.
    private func isDescendant(_ candidate: Int, of peer: Int) -> Bool {
        guard forest.isConnected(peer) else { return false }
        var ancestor = candidate
        while forest.depths[ancestor] > forest.depths[peer] {
            ancestor = Int(forest.parents[ancestor])
        }
        return ancestor == peer
    }
}
