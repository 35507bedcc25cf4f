extension DeepGreedySwitching {
    /// How many children one chain moves at most.
    ///
    /// With five an epoch of 10,000 peers after 2 % churn takes a fifth longer, and its result is .0003 nearer the
    /// optimum (measured).
    private static let lengthMax = 3
    /// What the first step of a chain gains at least, a fiftieth of `LinkWorth.most`.
    ///
    /// The whole seldom gains more, and it is less than estimates change by themselves (`Refinement.hysteresis`). It
    /// saves a tenth of an epoch's work and costs .00001 of its quality (measured, 10,000 peers after 2 % churn).
    private static let gainLeast: Int32 = 20
    /// How often children are looked at: what is still to be gained then is left to the next epoch.
    private static let roundsMax = 3

    /// Longer switches, for all that have something to gain, until there are none.
    ///
    /// A chain, in the manner of Lin and Kernighan (Operations Research 1973): a child takes the
    /// seat of another, which takes that of a third, and so on, each step the one that costs least,
    /// while the whole has gained more than it lost; the last one takes the seat that the first
    /// gave up, or a free one. The shortest chains are the switches. After the first round only those
    /// are looked at again who would rather have a parent to which something happened.
    mutating func chainAll(_ seating: inout Seating, _ budget: inout WorkBudget) {
        var changes = [Int32](repeating: 1, count: problem.parentCount)
        var visits = [Int32](repeating: 0, count: problem.childCount)
        var visit: Int32 = 1
        for round in 0..<DeepGreedySwitching.roundsMax {
            var found = false
            for child in 0..<problem.childCount where seating.benefits[child] < hopes[child] {
                if round > 0, !hasNews(child, seating, since: visits[child], changes) { continue }
                visit += 1
                visits[child] = visit
                let chain = chain(from: child, seating, &budget)
                if budget.isSpent { return }
                guard !chain.isEmpty else { continue }
                found = true
                for step in chain {
                    changes[Int(problem.parents[step.edge])] = visit + 1
                    let former = seating.parents[step.child]
                    if former >= 0 { changes[Int(former)] = visit + 1 }
                }
                perform(chain, &seating)
            }
            if !found { return }
        }
    }

    /// Whether something happened to a parent that would be better for a child.
    private func hasNews(
        _ child: Int,
        _ seating: Seating,
        since visit: Int32,
        _ changes: [Int32]
    ) -> Bool {
        let benefit = seating.benefits[child]
        for edge in problem.edges(of: child) where problem.benefits[edge] > benefit {
            if changes[Int(problem.parents[edge])] > visit { return true }
        }
        return false
    }

    /// One after the other takes an edge; all have given up their seats before.
    private mutating func perform(_ chain: [(child: Int, edge: Int)], _ seating: inout Seating) {
        seatsLeft -= chain.count { seating.parents[$0.child] < 0 }
        for step in chain { seating.rise(step.child) }
        for step in chain {
            seating.sit(
                step.child,
                at: problem.parents[step.edge],
                problem.benefits[step.edge]
            )
        }
    }

    /// The best chain that begins with a child; empty when none gains anything.
    private func chain(from child: Int, _ seating: Seating, _ budget: inout WorkBudget)
        -> [(child: Int, edge: Int)]
    {
        var best: (gain: Int32, steps: [(child: Int, edge: Int)]) = (0, [])
        let own = seating.parents[child]
        let edges = problem.edges(of: child)
        guard budget.spend(edges.count) else { return [] }
        let least = seating.benefits[child] + DeepGreedySwitching.gainLeast
        for edge in edges where problem.benefits[edge] >= least {
            var steps = [(child: child, edge: edge)]
            var gain = problem.benefits[edge] - seating.benefits[child]
            // Lin and Kernighan's stopping rule.
            while steps.count < DeepGreedySwitching.lengthMax, gain > best.gain {
                let parent = Int(problem.parents[steps[steps.count - 1].edge])
                guard let next = next(parent, own, steps, seating, &budget) else { break }
                if let last = next.closing, gain + last.loss > best.gain {
                    best = (gain + last.loss, steps + [(last.child, last.edge)])
                }
                guard let further = next.further else { break }
                gain += further.loss
                steps.append((further.child, further.edge))
            }
        }
        return best.steps
    }

    private typealias Step = (loss: Int32, child: Int, edge: Int)

    /// Who of a full parent leaves it at the least loss: to close the chain, or to go on.
    private func next(
        _ parent: Int,
        _ own: Int32,
        _ steps: [(child: Int, edge: Int)],
        _ seating: Seating,
        _ budget: inout WorkBudget
    ) -> (closing: Step?, further: Step?)? {
        var closing: Step?
        var further: Step?
        var cursor = seating.firsts[parent]
        while cursor >= 0 {
            let other = Int(cursor)
            cursor = seating.nexts[other]
            guard !steps.contains(where: { $0.child == other }) else { continue }
            let edges = problem.edges(of: other)
            guard budget.spend(edges.count) else { return nil }
            for edge in edges where Int(problem.parents[edge]) != parent {
                let loss = problem.benefits[edge] - seating.benefits[other]
                let target = problem.parents[edge]
                if target == own || seating.hasSeat(Int(target), problem) {
                    if loss > closing?.loss ?? .min { closing = (loss, other, edge) }
                } else if loss > further?.loss ?? .min,
                    !steps.contains(where: { problem.parents[$0.edge] == target })
                {
                    further = (loss, other, edge)
                }
            }
        }
        return (closing, further)
    }
}
