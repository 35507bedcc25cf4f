/// Bertsekas' auction: children without a seat bid for the one that is worth most to them after
/// its price; the lowest bidder of a full parent goes and bids again.
///
/// Forward auction without scaling, in the form for parents with several like seats: a bid is
/// compared with the best offer of a *different* parent (Bertsekas, Castañón, "The auction
/// algorithm for the transportation problem", LIDS-P-1850). The price of a parent is the lowest
/// bid that it accepted, 0 while it has seats left. The result is within one unit of benefit per
/// child of the optimum, since bids rise by at least one unit.
enum AuctionAssignment {
    /// The least increase of a price: ε.
    private static let increment: Int32 = 1

    /// Seats all that have no seat yet; all must start without one for the bound to hold.
    static func fill(
        _ seating: inout Seating,
        _ problem: AssignmentProblem,
        _ budget: inout WorkBudget
    ) {
        var bids = [Int32](repeating: 0, count: problem.childCount)
        var prices = [Int32](repeating: 0, count: problem.parentCount)
        var queue = Array((0..<problem.childCount).reversed())
        queue.removeAll { seating.parents[$0] >= 0 }
        while let child = queue.popLast() {
            guard budget.spend(problem.edges(of: child).count) else { return }
            guard let bid = bid(of: child, problem, prices) else { continue }
            let parent = Int(problem.parents[bid.edge])
            if !seating.hasSeat(parent, problem) {
                guard let loser = lowest(parent, seating, bids) else { continue }
                seating.rise(loser)
                queue.append(loser)
            }
            seating.sit(child, at: Int32(parent), problem.benefits[bid.edge])
            bids[child] = bid.price
            if !seating.hasSeat(parent, problem), budget.spend(Int(seating.loads[parent])) {
                prices[parent] = lowest(parent, seating, bids).map { bids[$0] } ?? 0
            }
        }
    }

    /// The best offer of all and what to pay for it; nil when staying without is better.
    private static func bid(of child: Int, _ problem: AssignmentProblem, _ prices: [Int32])
        -> (edge: Int, price: Int32)?
    {
        var best: (value: Int32, edge: Int)?
        // Staying without a seat is an offer of 0, too.
        var second: Int32 = 0
        for edge in problem.edges(of: child)
        where problem.capacities[Int(problem.parents[edge])] > 0 {
            let value = problem.benefits[edge] - prices[Int(problem.parents[edge])]
            if let leader = best, value <= leader.value {
                second = max(second, value)
            } else {
                second = max(second, best?.value ?? 0)
                best = (value, edge)
            }
        }
        guard let best, best.value > 0 else { return nil }
        let price = prices[Int(problem.parents[best.edge])]
        return (best.edge, price + best.value - second + increment)
    }

    /// The child of a parent with the lowest bid; of equals, the one that came last.
    private static func lowest(_ parent: Int, _ seating: Seating, _ bids: [Int32]) -> Int? {
        var lowest: Int32 = -1
        var child = seating.firsts[parent]
        while child >= 0 {
            if lowest < 0 || bids[Int(child)] < bids[Int(lowest)] { lowest = child }
            child = seating.nexts[Int(child)]
        }
        return lowest < 0 ? nil : Int(lowest)
    }
}
