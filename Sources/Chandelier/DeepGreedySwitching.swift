/// Deep Greedy Switching: from any assignment to a good one, by the switch that gains most.
///
/// A switch exchanges the seats of two children. The heuristic is Naiem and El-Beltagy's ("Deep
/// greedy switching: a fast and simple approach for linear assignment problems", 2009), which
/// Peerialism's tracker used. Two kinds of switches are added, as in the alternating greedy
/// switching of Brown et al. (2017, doi 10.1007/s10878-015-9979-2) for more seats than children:
/// a child takes a free seat, or the seat of a child that takes a free one in turn.
///
/// Gains are worked out again just before a switch, since earlier switches may have changed them.
/// The assignment is feasible after each switch, so that work can stop at any time.
struct DeepGreedySwitching {
    let problem: AssignmentProblem
    private var queue = GainQueue()
    /// What the best edge of each child is worth.
    let hopes: [Int32]
    /// How many seats are left.
    var seatsLeft = 0

    /// What one child can do, and what follows for others.
    private struct Switch {
        /// By how much the sum of all benefits grows.
        var gain: Int32 = 0
        /// The edge that the child takes.
        var edge = -1
        /// Who leaves that parent; -1 when it has a seat left.
        var partner: Int32 = -1
        /// The edge that the partner takes; -1 when it goes without.
        var partnerEdge = -1
    }

    private init(_ problem: AssignmentProblem, _ seating: Seating) {
        self.problem = problem
        hopes = (0..<problem.childCount).map { child in
            problem.edges(of: child).reduce(0) { max($0, problem.benefits[$1]) }
        }
        seatsLeft = problem.capacities.indices.reduce(0) {
            $0 + Int(problem.capacities[$1] - seating.loads[$1])
        }
    }

    /// Switches until no switch gains anything, or the budget is spent.
    static func improve(
        _ seating: inout Seating,
        _ problem: AssignmentProblem,
        _ budget: inout WorkBudget
    ) {
        var solver = DeepGreedySwitching(problem, seating)
        solver.sweep(seating, &budget)
        solver.drain(&seating, &budget)
        solver.chainAll(&seating, &budget)
    }

    /// Looks at what all children have to gain.
    private mutating func sweep(_ seating: Seating, _ budget: inout WorkBudget) {
        for child in 0..<problem.childCount {
            let best = best(for: child, seating, &budget)
            if budget.isSpent { return }
            if best.gain > 0 { queue.insert(gain: best.gain, child: Int32(child)) }
        }
    }

    /// Does what gains most until nothing does.
    private mutating func drain(_ seating: inout Seating, _ budget: inout WorkBudget) {
        while let top = queue.removeFirst() {
            let child = Int(top.child)
            let best = best(for: child, seating, &budget)
            if budget.isSpent { return }
            guard best.gain > 0 else { continue }
            if best.gain < top.gain, let next = queue.first, next.gain > best.gain {
                queue.insert(gain: best.gain, child: top.child)
                continue
            }
            apply(best, child, &seating)
            for touched in [top.child, best.partner] where touched >= 0 {
                let again = self.best(for: Int(touched), seating, &budget)
                if again.gain > 0 { queue.insert(gain: again.gain, child: touched) }
            }
        }
    }

    private mutating func apply(_ step: Switch, _ child: Int, _ seating: inout Seating) {
        seatsLeft += seating.parents[child] < 0 ? -1 : 0
        if step.partner >= 0, step.partnerEdge < 0 { seatsLeft += 1 }
        seating.rise(child)
        if step.partner >= 0 { seating.rise(Int(step.partner)) }
        seating.sit(child, at: problem.parents[step.edge], problem.benefits[step.edge])
        if step.partner >= 0, step.partnerEdge >= 0 {
            seating.sit(
                Int(step.partner),
                at: problem.parents[step.partnerEdge],
                problem.benefits[step.partnerEdge]
            )
        }
    }

    /// The switch of a child that gains most.
    ///
    /// Only parents that are better for the child itself are looked at: of the two in a switch
    /// that gains, one does, and it will find the switch.
    private func best(for child: Int, _ seating: Seating, _ budget: inout WorkBudget) -> Switch {
        var best = Switch()
        let edges = problem.edges(of: child)
        var work = edges.count
        let (own, current) = (seating.parents[child], seating.benefits[child])
        for edge in edges where problem.benefits[edge] > current {
            let gain = problem.benefits[edge] - current
            let parent = Int(problem.parents[edge])
            if seating.hasSeat(parent, problem) {
                if gain > best.gain { best = Switch(gain: gain, edge: edge) }
                continue
            }
            work += 2 * Int(seating.loads[parent])
            var partner = seating.firsts[parent]
            while partner >= 0 {
                let floor = best.gain - gain + seating.benefits[Int(partner)]
                if hopes[Int(partner)] > floor || floor < 0 {
                    let after = way(out: Int(partner), to: own, seating)
                    if after.benefit > floor {
                        best = Switch(
                            gain: gain + after.benefit - seating.benefits[Int(partner)],
                            edge: edge,
                            partner: partner,
                            partnerEdge: after.edge
                        )
                    }
                }
                partner = seating.nexts[Int(partner)]
            }
        }
        _ = budget.spend(work)
        return best
    }

    /// The best that a child can do when it gives up its seat: the one offered or a free one.
    @inline(__always)
    private func way(out child: Int, to offered: Int32, _ seating: Seating)
        -> (benefit: Int32, edge: Int)
    {
        var best: (benefit: Int32, edge: Int) = (0, -1)
        if offered >= 0, let edge = problem.edge(child: child, parent: offered) {
            best = (problem.benefits[edge], edge)
        }
        guard seatsLeft > 0 else { return best }
        for edge in problem.edges(of: child) where problem.benefits[edge] > best.benefit {
            if seating.hasSeat(Int(problem.parents[edge]), problem) {
                best = (problem.benefits[edge], edge)
            }
        }
        return best
    }
}
