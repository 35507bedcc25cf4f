import Basics

/// Turns the ideal trees into links: what works stays, what is new gets the place planned for it,
/// a few links are replaced by better ones, and everybody is fed while there is a seat.
struct Planting {
    /// The trees, one per stripe.
    private(set) var forests: [StripeForest] = []
    /// How many more children each peer can have; the source counts per stripe.
    private(set) var seatsFree: [Int]
    /// How many more children the source can have in each stripe.
    private(set) var sourceFree: [Int]

    private let roster: Roster
    private let ideals: [RowPlan]
    private let links: Links

    /// How many of those who wait are tried at once: each try may look at everybody.
    private static let exchangesMax = 32

    /// Plants the trees of all stripes.
    ///
    /// When the budget is spent, what waits for a place is left without: the links that stand work.
    init(
        _ roster: Roster,
        _ links: Links,
        _ ideals: [RowPlan],
        _ plan: SeatPlan,
        _ moves: Moves,
        _ budget: inout WorkBudget
    ) {
        self.roster = roster
        self.links = links
        self.ideals = ideals
        let reserve = Planting.reserve(roster, ideals)
        seatsFree = zip(roster.seats, reserve).map { $0 - $1 }
        seatsFree[Roster.source] = 0
        sourceFree = plan.sourceSeats
        let kept = keptLinks(moves)
        for stripe in 0..<roster.stripeCount { lay(kept, stripe) }
        for stripe in forests.indices where budget.spend(forests[stripe].waiting.count) {
            placeAsPlanned(stripe)
        }
        placeTheRest(&budget)
        for peer in 1..<roster.count { seatsFree[peer] += reserve[peer] }
        placeTheRest(&budget)
        if budget.isSpent { for stripe in forests.indices { _ = dissolve(stripe) } }
    }

    /// The seats that no ideal tree uses: they are for those for whom there is no other.
    ///
    /// Whoever finds no place where the plan would have it takes the seat that is nearest to the source; were
    /// all seats free to take there, the uplinks that feed most would be full (`RowPlan.relieveTrunk`).
    private static func reserve(_ roster: Roster, _ ideals: [RowPlan]) -> [Int] {
        (0..<roster.count).map { peer in
            max(0, roster.seats[peer] - ideals.reduce(0) { $0 + $1.widths[peer] })
        }
    }

    /// Which links that work may be replaced by better ones.
    struct Moves {
        /// How many of each peer.
        let perPeer: Int
        /// In which stripes, as a mask.
        var stripes = UInt32.max

        /// No link is replaced.
        static let none = Moves(perPeer: 0)
    }

    /// How many links other trees have that these have not, by stripe.
    func moves(to other: Planting) -> [Int] {
        zip(forests, other.forests).map { pair in
            zip(pair.0.parents, pair.1.parents).count { $0 != $1 }
        }
    }

    /// Whether today's links are as ideal as it gets.
    var isIdeal: Bool {
        forests.allSatisfy { forest in
            let ideal = ideals[forest.stripe].parents
            return (1..<roster.count).allSatisfy { peer in
                ideal[peer] < 0 || ideal[peer] == forest.parents[peer]
            }
        }
    }

    /// Today's links without those that are to be replaced: of each peer the few that gain most.
    ///
    /// Who would go to another parent of the same row stays where that takes nobody's planned place (measured with
    /// 10,000 peers: more than half of an improvement's moves were such, and brought nothing).
    private func keptLinks(_ allowed: Moves) -> [Int32] {
        guard allowed.perPeer > 0, allowed.stripes != 0 else { return links.parents }
        var kept = links.parents
        var room = ideals.map(\.roomLeft)
        for peer in 1..<roster.count {
            var moves: [(Int32, UInt64, Int)] = []
            for stripe in 0..<roster.stripeCount where allowed.stripes >> UInt32(stripe) & 1 == 1 {
                let slot = roster.slot(peer, stripe)
                let ideal = ideals[stripe].parents[peer]
                guard kept[slot] >= 0, ideal >= 0, kept[slot] != ideal else { continue }
                let depth = links.depths[slot] < 0 ? Int32.max : links.depths[slot]
                let gain = depth - ideals[stripe].rows[peer]
                if gain == 0, room[stripe][Int(kept[slot])] > 0 {
                    room[stripe][Int(kept[slot])] -= 1
                    continue
                }
                moves.append((-gain, roster.lot(peer, stripe), slot))
            }
            for move in moves.sorted(by: <).prefix(allowed.perPeer) { kept[move.2] = -1 }
        }
        return kept
    }

    private mutating func lay(_ kept: [Int32], _ stripe: Int) {
        let parents = (0..<roster.count).map { kept[roster.slot($0, stripe)] }
        for parent in parents where parent >= 0 { useSeat(of: Int(parent), stripe) }
        forests.append(StripeForest(roster, stripe: stripe, parents: parents))
    }

    /// Gives the waiting trees the parents planned for them, from the top row down.
    private mutating func placeAsPlanned(_ stripe: Int) {
        let ideal = ideals[stripe]
        let count = Int32(roster.count)
        forests[stripe].sortWaiting { ideal.rows[$0] > 0 ? ideal.rows[$0] : count }
        for peer in forests[stripe].waiting {
            let parent = Int(ideal.parents[peer])
            guard parent >= 0, forests[stripe].isConnected(parent), hasSeat(parent, stripe) else {
                continue
            }
            attach(peer, below: parent, stripe)
        }
        forests[stripe].forgetPlaced()
    }

    /// Places what is left, in rounds: what one stripe gives back may help another.
    ///
    /// Each round but the last places somebody or dissolves a tree that waits, so rounds are few.
    private mutating func placeTheRest(_ budget: inout WorkBudget) {
        for stripe in forests.indices { placeAnywhere(stripe, &budget) }
        var changes = true
        while changes, !budget.isSpent {
            changes = false
            for stripe in forests.indices where !forests[stripe].waiting.isEmpty {
                guard budget.spend(roster.count) else { return }
                let before = forests[stripe].waiting.count
                let dissolved = dissolve(stripe)
                placeAnywhere(stripe, &budget)
                let placed = !dissolved && forests[stripe].waiting.count < before
                if dissolved || placed || freeSeatBesideSource() { changes = true }
            }
        }
    }

    /// Breaks up the trees that wait, for they hold seats that the fed could use.
    private mutating func dissolve(_ stripe: Int) -> Bool {
        let parents = forests[stripe].dissolveWaiting()
        for parent in parents { seatsFree[parent] += 1 }
        forests[stripe].wait(for: roster)
        return !parents.isEmpty
    }

    /// Moves somebody up to a seat of the source that is left, in whatever stripe, so that the
    /// seat it had is free for a stripe where it is wanted.
    private mutating func freeSeatBesideSource() -> Bool {
        for stripe in forests.indices where sourceFree[stripe] > 0 {
            let candidates = forests[stripe].connected.filter {
                forests[stripe].depths[$0] > 1 && roster.allows($0, under: Roster.source)
            }
            let best = candidates.map { peer in
                (forests[stripe].isLeaf(peer) ? 1 : 0, forests[stripe].depths[peer], peer)
            }.min(by: <)
            guard let best else { continue }
            seatsFree[Int(forests[stripe].parents[best.2])] += 1
            useSeat(of: Roster.source, stripe)
            forests[stripe].rehang(best.2, below: Roster.source)
            return true
        }
        return false
    }

    /// Places what is left in a stripe: where it was, or wherever there is a seat, or by making
    /// room.
    ///
    /// Whom few can feed comes first.
    private mutating func placeAnywhere(_ stripe: Int, _ budget: inout WorkBudget) {
        forests[stripe].searchAnew()
        while !forests[stripe].waiting.isEmpty {
            let before = forests[stripe].waiting.count
            let (free, roster, ideal) = (seatsFree, roster, ideals[stripe])
            forests[stripe].sortWaiting { peer in
                Place(
                    row: free[peer] > 0 ? ideal.rows[peer] : Int32.max,
                    openness: roster.openness[Int(roster.reach[peer])]
                )
            }
            for peer in forests[stripe].waiting {
                guard budget.spend(forests[stripe].rows.count) else { break }
                guard let parent = fallback(peer, stripe) else { continue }
                attach(peer, below: parent, stripe)
            }
            forests[stripe].forgetPlaced()
            if budget.isSpent { return }
            if forests[stripe].waiting.count < before { continue }
            guard budget.spend(roster.count), makeRoom(stripe) || exchange(stripe, &budget) else {
                return
            }
        }
    }

    /// Who is placed first.
    private struct Place: Comparable {
        var row: Int32
        var openness: Double

        static func < (left: Place, right: Place) -> Bool {
            (left.row, left.openness) < (right.row, right.openness)
        }
    }

    /// The parent that a peer has now, else any with a seat, the nearest to the source first.
    private mutating func fallback(_ peer: Int, _ stripe: Int) -> Int? {
        let current = Int(links.parents[roster.slot(peer, stripe)])
        if current >= 0, forests[stripe].isConnected(current), hasSeat(current, stripe) {
            return current
        }
        return forests[stripe].place(for: peer, roster, seatsFree, source: sourceFree[stripe])
    }

    /// Lets a waiting tree that has a seat take the place of a peer, and feed that peer.
    private mutating func makeRoom(_ stripe: Int) -> Bool {
        for root in forests[stripe].waiting {
            let tree = forests[stripe].tree(below: root)
            guard let helper = tree.first(where: { seatsFree[$0] > 0 }) else { continue }
            let candidates = forests[stripe].connected.filter { peer in
                roster.allows(root, under: Int(forests[stripe].parents[peer]))
                    && roster.allows(peer, under: helper)
            }
            let weakest = candidates.map { peer -> (Int, Int32, Int, UInt64, Int) in
                let load = forests[stripe].isLeaf(peer) ? 0 : 1
                let lot = roster.lot(peer, stripe)
                return (load, forests[stripe].depths[peer], roster.seats[peer], lot, peer)
            }.min(by: <)
            guard let weakest else { continue }
            useSeat(of: helper, stripe)
            forests[stripe].displace(weakest.4, by: root, below: helper)
            forests[stripe].forgetPlaced()
            return true
        }
        return false
    }

    /// Gives somebody who waits the seat of a leaf that can sit elsewhere.
    ///
    /// It is what reserves seats for peers that few can feed: whoever has a choice moves over, on
    /// top of the moves that a plan may make.
    private mutating func exchange(_ stripe: Int, _ budget: inout WorkBudget) -> Bool {
        forests[stripe].relink()
        for peer in forests[stripe].waiting.prefix(Planting.exchangesMax) {
            for parent in forests[stripe].rows.joined() where roster.allows(peer, under: parent) {
                let children = forests[stripe].children(of: parent)
                guard budget.spend(children.count + 1) else { return false }
                for child in children.lazy.map(Int.init) where forests[stripe].isLeaf(child) {
                    guard forests[stripe].parents[child] == Int32(parent),
                        let other = forests[stripe]
                            .place(for: child, roster, seatsFree, source: sourceFree[stripe]),
                        other != peer, other != child
                    else { continue }
                    useSeat(of: other, stripe)
                    forests[stripe].rehang(child, below: other)
                    forests[stripe].attach(peer, below: parent)
                    forests[stripe].forgetPlaced()
                    return true
                }
            }
        }
        return false
    }

    /// Moves a peer to another parent of the same row.
    mutating func replace(_ peer: Int, below parent: Int, _ stripe: Int) {
        let former = Int(forests[stripe].parents[peer])
        if former == Roster.source { sourceFree[stripe] += 1 } else { seatsFree[former] += 1 }
        useSeat(of: parent, stripe)
        forests[stripe].replace(peer, below: parent)
    }

    /// Finds out anew who has which children, after replacements.
    mutating func relink(_ stripe: Int) { forests[stripe].relink() }

    private func hasSeat(_ peer: Int, _ stripe: Int) -> Bool {
        peer == Roster.source ? sourceFree[stripe] > 0 : seatsFree[peer] > 0
    }

    private mutating func attach(_ peer: Int, below parent: Int, _ stripe: Int) {
        useSeat(of: parent, stripe)
        forests[stripe].attach(peer, below: parent)
    }

    private mutating func useSeat(of peer: Int, _ stripe: Int) {
        if peer == Roster.source {
            sourceFree[stripe] -= 1
        } else {
            seatsFree[peer] -= 1
        }
    }
}
