import Basics

/// Children in random order, each on any seat that is free: what every solver must beat.
enum RandomAssignment {
    /// Seats all that have no seat yet.
    static func fill(
        _ seating: inout Seating,
        _ problem: AssignmentProblem,
        seed: UInt64,
        _ budget: inout WorkBudget
    ) {
        var random = SeededRandom(seed: seed)
        var order = (0..<problem.childCount).filter { seating.parents[$0] < 0 }
        order.shuffle(using: &random)
        for child in order {
            guard budget.spend(problem.edges(of: child).count) else { return }
            // The last of the free ones that draws 0 of as many as were seen: each is as likely.
            var seen = 0
            var chosen: Int?
            for edge in problem.edges(of: child)
            where seating.hasSeat(Int(problem.parents[edge]), problem) {
                seen += 1
                if random.below(seen) == 0 { chosen = edge }
            }
            guard let chosen else { continue }
            seating.sit(child, at: problem.parents[chosen], problem.benefits[chosen])
        }
    }
}
