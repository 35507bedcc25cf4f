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
    /// Where everybody looks on the rings.
    private let positions: [UInt64]
    /// The peers with children by depth, each row in order of the ring.
    private var feeders: [[Place]] = []
    /// The other connected peers that have a seat, in order of the ring.
    private var leaves: [Place] = []

    /// A candidate on a ring, with what is asked of each that is looked at.
    private struct Place {
        var position: UInt64
        var prefix: UInt64
        var peer: Int32
        var hasSeat: Bool
    }

    /// How good a candidate is: first with a seat free, then in another network than the parent,
    /// then by lot.
    private struct Offer {
        var rank = UInt64.max
        var lot = UInt64.max
        var peer = -1

        func isBefore(_ other: Offer) -> Bool {
            (rank, lot, peer) < (other.rank, other.lot, other.peer)
        }
    }

    /// The best offers of those that were looked at.
    private struct Best {
        private(set) var first = Offer()
        private(set) var second = Offer()

        /// Whether an offer would be one of them.
        func takes(_ offer: Offer) -> Bool { offer.isBefore(second) }

        mutating func take(_ offer: Offer) {
            if offer.isBefore(first) { (first, second) = (offer, first) } else { second = offer }
        }
    }

    /// How many followers on a ring are looked at.
    private static let looksMax = 8

    /// Lays out the rings of one stripe.
    init(_ roster: Roster, _ forest: StripeForest, seatsFree: [Int], positions: [UInt64]) {
        self.roster = roster
        self.forest = forest
        self.positions = positions
        var busy = [Bool](repeating: false, count: roster.count)
        for parent in forest.parents where parent >= 0 { busy[Int(parent)] = true }
        for peer in 1..<max(1, roster.count) where forest.isConnected(peer) {
            guard busy[peer] || seatsFree[peer] > 0 else { continue }
            let place = Place(
                position: roster.lot(peer, forest.stripe),
                prefix: roster.prefixes[peer],
                peer: Int32(peer),
                hasSeat: seatsFree[peer] > 0
            )
            if busy[peer] {
                let depth = Int(forest.depths[peer])
                while feeders.count <= depth { feeders.append([]) }
                feeders[depth].append(place)
            } else {
                leaves.append(place)
            }
        }
        for row in feeders.indices { feeders[row].sort { $0.position < $1.position } }
        leaves.sort { $0.position < $1.position }
    }

    /// Where all members look on the rings, the same in all stripes.
    static func positions(_ roster: Roster) -> [UInt64] {
        (0..<roster.count).map { roster.lot($0, SwarmView.stripesMax) }
    }

    /// The backups of a peer, best first, at most `Plan.Assignment.backupsMax`.
    ///
    /// The rows next to the peer come first, for there are many to spread over, then those nearer
    /// the source, which have more to do already.
    func choose(for peer: Int) -> [PeerID] {
        var chosen = Choice()
        let own = forest.isConnected(peer) ? Int(forest.depths[peer]) : feeders.count
        add(from: own - 1, and: own, for: peer, to: &chosen)
        var row = min(own - 2, feeders.count - 1)
        while row > 0, !chosen.isComplete {
            add(from: row, and: 0, for: peer, to: &chosen)
            row -= 1
        }
        if !chosen.isComplete, isAcceptable(Roster.source, for: peer) {
            chosen.append(Roster.source)
        }
        if !chosen.isComplete { add(from: leaves, and: [], for: peer, to: &chosen) }
        row = 1
        while row < feeders.count, !chosen.isComplete {
            add(from: row, and: 0, for: peer, to: &chosen)
            row += 1
        }
        return (0..<chosen.count).map { roster.ids[chosen[$0]] }
    }

    /// The backups found so far, without an array of their own.
    private struct Choice {
        private(set) var count = 0
        private var first = -1
        private var second = -1

        var isComplete: Bool { count == Plan.Assignment.backupsMax }

        subscript(place: Int) -> Int { place == 0 ? first : second }

        mutating func append(_ peer: Int) {
            if count == 0 { first = peer } else { second = peer }
            count += 1
        }

        func contains(_ peer: Int) -> Bool { peer == first || peer == second }
    }

    private func add(from row: Int, and other: Int, for peer: Int, to chosen: inout Choice) {
        let first = row > 0 && row < feeders.count ? feeders[row] : []
        let second = other > 0 && other < feeders.count ? feeders[other] : []
        add(from: first, and: second, for: peer, to: &chosen)
    }

    /// Adds the best of those that follow a peer on two rings.
    private func add(
        from ring: [Place],
        and other: [Place],
        for peer: Int,
        to chosen: inout Choice
    ) {
        var best = Best()
        look(at: ring, for: peer, chosen, &best)
        look(at: other, for: peer, chosen, &best)
        if best.first.peer >= 0, !chosen.isComplete { chosen.append(best.first.peer) }
        if best.second.peer >= 0, !chosen.isComplete { chosen.append(best.second.peer) }
    }

    private func look(at ring: [Place], for peer: Int, _ chosen: Choice, _ best: inout Best) {
        guard !ring.isEmpty else { return }
        let parent = Int(forest.parents[peer])
        let prefix = parent >= 0 ? roster.prefixes[parent] : nil
        let position = positions[peer]
        var at = firstIndex(in: ring, from: position)
        for _ in 0..<min(Backups.looksMax, ring.count) {
            let place = ring[at]
            at = at + 1 < ring.count ? at + 1 : 0
            let offer = Offer(
                rank: (place.hasSeat ? 0 : 2) + (place.prefix == prefix ? 1 : 0),
                lot: Roster.mix(position ^ place.position),
                peer: Int(place.peer)
            )
            guard best.takes(offer), !chosen.contains(offer.peer),
                isAcceptable(offer.peer, for: peer)
            else { continue }
            best.take(offer)
        }
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
