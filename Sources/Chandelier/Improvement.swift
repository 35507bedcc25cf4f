/// Trees that differ from today's repaired ones by moves, and what that is worth.
struct Improvement {
    /// The trees.
    let planting: Planting
    /// What makes the trees better or worse.
    let score: TreeScore
    /// How many moves must be paid for, by stripe.
    let moves: [Int]
    /// The stripes in which a link is another than in the repaired trees, as a mask.
    let movedStripes: UInt32
    /// By how much the trees are better than the repaired ones, after paying for the moves.
    let profit: TreeScore.Profit

    /// Compares trees with the repaired ones, whose score is `base`.
    init(_ planting: Planting, of repaired: Planting, _ base: TreeScore, _ epoch: Epoch) {
        self.planting = planting
        score = TreeScore(epoch.roster, planting.forests, epoch.ideals)
        let found = repaired.moves(to: planting)
        movedStripes = found.indices.reduce(0) { found[$1] > 0 ? $0 | 1 << UInt32($1) : $0 }
        // Where no move counts, none costs anything.
        moves = epoch.movesMax == .max ? found.map { _ in 0 } : found
        profit = score.profit(over: base, moves: moves.reduce(0, +))
    }
}
