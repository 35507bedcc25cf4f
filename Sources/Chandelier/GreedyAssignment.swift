/// Children in order, each on the best seat that is free: the simplest solver, and a start for
/// others.
enum GreedyAssignment {
    /// Seats all that have no seat yet; those with the fewest edges first, so that seats which
    /// only some can use are left for these.
    static func fill(
        _ seating: inout Seating,
        _ problem: AssignmentProblem,
        _ budget: inout WorkBudget
    ) {
        let open = (0..<problem.childCount).filter { seating.parents[$0] < 0 }
        let order = open.map { (problem.edges(of: $0).count, $0) }.sorted(by: <)
        for (count, child) in order {
            guard budget.spend(count) else { return }
            var best: (benefit: Int32, parent: Int32) = (0, -1)
            for edge in problem.edges(of: child) where problem.benefits[edge] > best.benefit {
                let parent = problem.parents[edge]
                guard seating.hasSeat(Int(parent), problem) else { continue }
                best = (problem.benefits[edge], parent)
            }
            if best.parent >= 0 { seating.sit(child, at: best.parent, best.benefit) }
        }
    }
}
