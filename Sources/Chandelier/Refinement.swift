/// Improves planted trees row by row: the part of an epoch that the solvers differ in.
struct Refinement {
    private let optimiser: Optimiser
    private let context: RowProblem.Context
    private let seed: UInt64
    /// How many links that work each peer may still have replaced.
    private var movesLeft: [Int]
    /// Room for a number per peer, and for another one.
    private var numbers: [Int32]
    private var marks: [Int32]

    /// What it takes to replace a link that works, of `LinkWorth.most`: a tenth.
    ///
    /// A choice of this reconstruction. It is less than what separates one network from another, and
    /// more than estimates change by themselves: 15 ms of round-trip time are worth 17. Half of it
    /// moved 8 % of the links after 2 % churn instead of less than 7 % (measured, 10,000 peers).
    static let hysteresis: Int32 = 100

    /// Prepares for some trees.
    ///
    /// - Parameters:
    ///   - optimiser: the solver; Chandelier weighs what a move costs, the others do not.
    ///   - epoch: the view and what was worked out from it.
    ///   - planting: the trees as planted.
    ///   - seed: for the random solver.
    init(_ optimiser: Optimiser, _ epoch: Epoch, _ planting: Planting, seed: UInt64) {
        self.optimiser = optimiser
        self.seed = seed
        context = RowProblem.Context(
            roster: epoch.roster,
            worth: epoch.worth,
            links: epoch.links,
            places: CandidateRings.Places(epoch.roster),
            widths: epoch.ideals.map(\.widths),
            hysteresis: optimiser == .chandelier ? Refinement.hysteresis : 0,
            isWhole: optimiser == .exact
        )
        movesLeft = Refinement.movesLeft(optimiser, epoch, planting)
        numbers = [Int32](repeating: -1, count: epoch.roster.count)
        marks = numbers
    }

    /// Solves all rows, one stripe after the other, or as many as the budget allows.
    mutating func run(_ planting: inout Planting, _ budget: inout WorkBudget) {
        for stripe in planting.forests.indices {
            planting.relink(stripe)
            var depth = 0
            while depth + 1 < planting.forests[stripe].rows.count, !budget.isSpent {
                refine(&planting, stripe, depth, &budget)
                depth += 1
            }
            planting.relink(stripe)
        }
    }

    private mutating func refine(
        _ planting: inout Planting,
        _ stripe: Int,
        _ depth: Int,
        _ budget: inout WorkBudget
    ) {
        let row = RowProblem(
            context,
            planting,
            stripe: stripe,
            depth: depth,
            movesLeft: movesLeft,
            numbers: &numbers,
            marks: &marks,
            &budget
        )
        guard let row else { return }
        let solution = optimiser.solve(
            row.problem,
            start: row.start,
            settled: row.settled,
            seed: Roster.mix(seed &+ UInt64(stripe << 32 | depth)),
            budget: &budget
        )
        for (number, child) in row.children.enumerated() {
            guard solution[number] >= 0, solution[number] != row.start[number] else { continue }
            let slot = context.roster.slot(child, stripe)
            let former = planting.forests[stripe].parents[child]
            if context.links.parents[slot] == former { movesLeft[child] -= 1 }
            planting.replace(child, below: row.parents[Int(solution[number])], stripe)
        }
    }

    /// What the planting has left each peer of the moves that it may make.
    private static func movesLeft(
        _ optimiser: Optimiser,
        _ epoch: Epoch,
        _ planting: Planting
    ) -> [Int] {
        guard optimiser == .chandelier else {
            return [Int](repeating: .max, count: epoch.roster.count)
        }
        var moves = [Int](repeating: epoch.movesMax, count: epoch.roster.count)
        for forest in planting.forests {
            for peer in 0..<epoch.roster.count {
                let today = epoch.links.parents[epoch.roster.slot(peer, forest.stripe)]
                if today >= 0, forest.parents[peer] != today { moves[peer] -= 1 }
            }
        }
        return moves
    }
}
