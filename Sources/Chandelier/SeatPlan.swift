import Basics

/// In which stripes each peer may have children, and how many: its home stripes.
///
/// A peer has as few homes as possible, one where its seats allow, so that its departure hurts
/// one stripe (SplitStream, Castro et al., SOSP 2003). A peer that has children in a stripe keeps
/// that home; others go where seats are needed most, and equal choices are made by hash, so that
/// the two or three peers that carry a stripe have nothing in common.
struct SeatPlan {
    /// The seats of the source in each stripe.
    let sourceSeats: [Int]
    /// How many peers want each stripe.
    let demands: [Int]
    /// How many children each peer may have in each stripe, by slot; the source has its own.
    private(set) var allotted: [Int]

    /// How many peers of each stripe the source does not feed itself.
    private var uncovered: [Int]
    /// The children that the homes of each stripe should have at best.
    private var cover: [Int]
    /// How many peers have each stripe as their home.
    private var homeCounts: [Int]
    /// The first home of each peer; -1 for a peer that is not needed.
    private var homes: [Int]

    /// Shares out the seats.
    init(_ roster: Roster, _ links: Links, demands: [Int], sourceSeats: [Int]) {
        self.demands = demands
        self.sourceSeats = sourceSeats
        allotted = [Int](repeating: 0, count: roster.count * roster.stripeCount)
        uncovered = (0..<roster.stripeCount).map {
            sourceSeats[$0] > 0 ? demands[$0] - sourceSeats[$0] : 0
        }
        cover = [Int](repeating: 0, count: roster.stripeCount)
        homeCounts = cover
        homes = [Int](repeating: -1, count: roster.count)
        keepHomes(roster, links)
        findHomes(roster)
        lendSpareSeats(roster, links)
    }

    /// Peers that have children keep their home, while the stripe has no more than 1.25 times
    /// the peers that it should have.
    private mutating func keepHomes(_ roster: Roster, _ links: Links) {
        var order: [(Int32, Int, Int)] = []
        for peer in 1..<roster.count where roster.seats[peer] > 0 {
            let stripes = 0..<roster.stripeCount
            let counts = stripes.map { links.childCounts[roster.slot(peer, $0)] }
            guard let most = counts.max(), most > 0, let home = counts.firstIndex(of: most) else {
                continue
            }
            order.append((-most, peer, home))
        }
        for (_, peer, home) in order.sorted(by: <)
        where uncovered[home] > 0
            && (homeCounts[home] < sourceSeats[home] || 2 * cover[home] < 5 * uncovered[home])
        {
            settle(peer, home, roster)
        }
    }

    /// The other peers, the fastest first, go where they are needed most, if anywhere.
    private mutating func findHomes(_ roster: Roster) {
        let order = (1..<roster.count).filter { roster.seats[$0] > 0 && homes[$0] < 0 }
            .map { (-roster.seats[$0], roster.lot($0, -1), $0) }
        for (_, _, peer) in order.sorted(by: <) {
            var best: (need: Int, lot: UInt64, stripe: Int)?
            for stripe in 0..<roster.stripeCount where roster.needs(peer, stripe) {
                let offer = (need(stripe), roster.lot(peer, stripe), stripe)
                guard offer.0 > 0 else { continue }
                if let leader = best, leader >= offer { continue }
                best = offer
            }
            if let best { settle(peer, best.stripe, roster) }
        }
    }

    /// How much a stripe needs another home: until its peers need to be only half as wide as is
    /// best, and each seat of the source goes to a peer with children.
    private func need(_ stripe: Int) -> Int {
        guard uncovered[stripe] > 0 else { return 0 }
        let missing = 2 * uncovered[stripe] - cover[stripe]
        return max(missing, homeCounts[stripe] < sourceSeats[stripe] ? 1 : 0)
    }

    private mutating func settle(_ peer: Int, _ stripe: Int, _ roster: Roster) {
        homes[peer] = stripe
        homeCounts[stripe] += 1
        cover[stripe] += roster.widths[peer]
        allotted[roster.slot(peer, stripe)] = roster.seats[peer]
    }

    /// Where the homes of a stripe cannot feed all, peers with seats to spare help out.
    private mutating func lendSpareSeats(_ roster: Roster, _ links: Links) {
        var seats = [Int](repeating: 0, count: roster.stripeCount)
        for peer in 1..<roster.count where homes[peer] >= 0 {
            seats[homes[peer]] += roster.seats[peer]
        }
        var spare = spareSeats(roster, seats)
        let shortages: [(Int, Int)] = (0..<roster.stripeCount).compactMap { stripe in
            let missing = uncovered[stripe] - seats[stripe]
            return missing > 0 ? (-missing, stripe) : nil
        }
        for (negative, stripe) in shortages.sorted(by: <) {
            var missing = -negative
            for peer in lenders(stripe, spare, roster, links) where missing > 0 {
                let lent = min(spare[peer], missing)
                missing -= lent
                spare[peer] -= lent
                allotted[roster.slot(peer, stripe)] += lent
                if homes[peer] >= 0 { allotted[roster.slot(peer, homes[peer])] -= lent }
            }
        }
    }

    /// What each peer has left when the homes of its stripe share the demand by their seats.
    private func spareSeats(_ roster: Roster, _ seats: [Int]) -> [Int] {
        var before = [Int](repeating: 0, count: roster.stripeCount)
        return (0..<roster.count).map { peer in
            guard peer != Roster.source else { return 0 }
            let home = homes[peer]
            guard home >= 0 else { return roster.seats[peer] }
            let first = before[home]
            before[home] += roster.seats[peer]
            guard seats[home] > uncovered[home] else { return 0 }
            let share =
                before[home] * uncovered[home] / seats[home]
                - first * uncovered[home] / seats[home]
            return roster.seats[peer] - share
        }
    }

    /// The peers that can help a stripe out: those that do already, then those with fewest homes.
    private func lenders(
        _ stripe: Int,
        _ spare: [Int],
        _ roster: Roster,
        _ links: Links
    ) -> [Int] {
        var order: [(Int, Int, Int, UInt64, Int)] = []
        for peer in 1..<roster.count
        where spare[peer] > 0 && homes[peer] != stripe && roster.needs(peer, stripe) {
            let helps = links.childCounts[roster.slot(peer, stripe)] > 0
            let stripes = (0..<roster.stripeCount).filter { allotted[roster.slot(peer, $0)] > 0 }
            let lot = roster.lot(peer, stripe)
            order.append((helps ? 0 : 1, stripes.count, -spare[peer], lot, peer))
        }
        return order.sorted(by: <).map(\.4)
    }
}
