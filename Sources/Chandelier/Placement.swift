import Basics

/// The first placement: trees that respect everybody's seats and in which a peer has children in
/// as few stripes as possible.
///
/// Chandelier, the optimiser of PeerTV, was never published. This reconstruction follows what its
/// authors said about it: peers in rows, each row fed by the one above, a peer's upload counted in
/// seats, and stickiness to avoid needless reconnects. Four steps, each a type of its own:
///
/// 1. `Links`: what works today.
/// 2. `SeatPlan`: which peers carry which stripes (interior-disjoint, as in SplitStream).
/// 3. `RowPlan`: the ideal tree of each stripe, as shallow as widths allow.
/// 4. `Planting`: from today's trees towards the ideal ones, a few moves per peer at a time.
public enum Placement {
    /// A plan for a swarm; the same view gives the same plan, in whatever order its members come.
    ///
    /// Every member that needs a stripe gets a parent while there are seats; where there are not,
    /// those with the most seats come first. O(N·S·log N) for N members and S stripes; views
    /// whose links are mostly broken may cost more.
    public static func plan(_ view: SwarmView) -> Plan {
        let roster = Roster(view)
        let demands = (0..<roster.stripeCount).map { stripe in
            (1..<roster.count).count { roster.needs($0, stripe) }
        }
        let sourceSeats = SourceSeats.shares(roster, demands: demands)
        let links = Links(roster, sourceSeats: sourceSeats)
        let seats = SeatPlan(roster, links, demands: demands, sourceSeats: sourceSeats)
        let ideals = (0..<roster.stripeCount).map { stripe in
            RowPlan(roster, links, seats, stripe: stripe)
        }
        let repaired = Planting(roster, links, ideals, seats, movesMax: 0)
        if view.movesMax <= 0 || repaired.isIdeal { return assignments(roster, repaired) }
        // Moves that do not pay are not made, so that every swarm comes to rest.
        let improved = Planting(roster, links, ideals, seats, movesMax: view.movesMax)
        return assignments(roster, improved.score < repaired.score ? improved : repaired)
    }

    private static func assignments(_ roster: Roster, _ planting: Planting) -> Plan {
        let backups = planting.forests.map { Backups(roster, $0, seatsFree: planting.seatsFree) }
        var plan = Plan()
        for peer in 1..<roster.count {
            var assignments: [Plan.Assignment] = []
            for stripe in 0..<roster.stripeCount where roster.needs(peer, stripe) {
                let parent = planting.forests[stripe].parents[peer]
                assignments.append(
                    Plan.Assignment(
                        stripe: stripe,
                        parent: parent < 0 ? nil : roster.ids[Int(parent)],
                        backups: backups[stripe].choose(for: peer).map { roster.ids[$0] }
                    )
                )
            }
            plan.parents[roster.ids[peer]] = assignments
        }
        return plan
    }
}
