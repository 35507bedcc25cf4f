/// What makes some trees better than others, the most important first.
///
/// It depends on the trees alone, not on how they came about: moves that must improve it cannot
/// go in circles.
struct TreeScore: Comparable {
    /// How many peers have no way to the source, summed over the stripes.
    private(set) var unfed = 0
    /// How far it is to the others, summed, in eighths of a hop.
    ///
    /// A child more than its parent's uplink should have costs everybody below the parent an eighth: chunks
    /// are sent one after the other (`RowPlan.relieveTrunk`).
    private(set) var distance = 0
    /// How many children peers have outside the stripe where they have most.
    private(set) var scattered = 0
    /// The hops, each weighted with the speed of the peer: less with the fast in front.
    private(set) var slowness = 0
    /// What each stripe adds to distance and slowness, in hundredths of a move.
    private var costs: [Int] = []

    /// What one move of an improvement costs, an eighth of a hop more, a child outside its parent's stripe and
    /// a class of speed; see `profit`.
    private static let (moveCost, distanceCost, scatterCost, slownessCost) = (100, 25, 500, 25)

    /// Scores some trees.
    init(_ roster: Roster, _ forests: [StripeForest], _ ideals: [RowPlan]) {
        var totals = [Int](repeating: 0, count: roster.count)
        var largest = totals
        costs.reserveCapacity(forests.count)
        for forest in forests {
            let before = distance * TreeScore.distanceCost + slowness * TreeScore.slownessCost
            var children = [Int](repeating: 0, count: roster.count)
            for peer in 1..<max(1, roster.count) where roster.needs(peer, forest.stripe) {
                let depth = Int(forest.depths[peer])
                guard depth >= 0 else {
                    unfed += 1
                    continue
                }
                distance += TreeScore.hop * depth
                slowness += depth * (Int.bitWidth - roster.seats[peer].leadingZeroBitCount)
                let parent = Int(forest.parents[peer])
                children[parent] += 1
            }
            distance += TreeScore.strain(forest, children, ideals[forest.stripe].widths)
            for peer in 1..<roster.count {
                totals[peer] += children[peer]
                largest[peer] = max(largest[peer], children[peer])
            }
            let after = distance * TreeScore.distanceCost + slowness * TreeScore.slownessCost
            costs.append(after - before)
        }
        scattered = zip(totals, largest).reduce(0) { $0 + $1.0 - $1.1 }
    }

    /// What one hop counts.
    private static let hop = 8

    /// The children that peers have beyond their widths, each as often as there are peers below.
    private static func strain(_ forest: StripeForest, _ children: [Int], _ widths: [Int]) -> Int {
        var below = [Int](repeating: 0, count: children.count)
        var strain = 0
        for row in forest.rows.reversed() {
            for peer in row {
                let parent = Int(forest.parents[peer])
                if parent >= 0 { below[parent] += below[peer] + 1 }
                guard peer != Roster.source, widths[peer] > 0 else { continue }
                strain += max(0, children[peer] - widths[peer]) * below[peer]
            }
        }
        return strain
    }

    /// Whether the left trees are better.
    static func < (left: TreeScore, right: TreeScore) -> Bool {
        (left.unfed, left.distance, left.scattered, left.slowness)
            < (right.unfed, right.distance, right.scattered, right.slowness)
    }

    /// By how much these trees are better than others after some moves have been paid for; nothing when they are
    /// not better.
    ///
    /// A move costs 100: as much as half a hop less is worth (with 60 and less, 2 % churn moved 8 % of the
    /// links; measured, 600 peers). A link less that is outside its parent's stripe counts 500, since the
    /// death of a parent of several stripes is felt (measured, 16 viewers: 350 ms of silence rather than 130),
    /// and a fast peer in front of a slow one 25 per class of speed. All are choices of this reconstruction.
    /// Feeding one peer more pays in any case.
    func profit(over other: TreeScore, moves: Int) -> Profit {
        guard self < other else { return Profit(fed: 0, rest: 0) }
        let gain =
            TreeScore.distanceCost * (other.distance - distance)
            + TreeScore.scatterCost * (other.scattered - scattered)
            + TreeScore.slownessCost * (other.slowness - slowness)
        return Profit(fed: other.unfed - unfed, rest: gain - TreeScore.moveCost * moves)
    }

    /// The stripes in which these trees are so much better than others that the moves pay there, as a mask.
    ///
    /// Whose children are outside their stripe shows in all stripes together only.
    func payingStripes(over other: TreeScore, moves: [Int]) -> UInt32 {
        moves.indices.reduce(0) { mask, stripe in
            let gain = other.costs[stripe] - costs[stripe]
            return gain > TreeScore.moveCost * moves[stripe] ? mask | 1 << UInt32(stripe) : mask
        }
    }

    /// What some trees are worth more than others.
    struct Profit: Comparable {
        /// How many more are fed; it comes before everything else.
        let fed: Int
        /// The gain in the rest less the moves' costs, in hundredths of a move.
        let rest: Int

        /// Whether the moves pay.
        var isPositive: Bool { fed > 0 || rest > 0 }

        static func < (left: Profit, right: Profit) -> Bool {
            (left.fed, left.rest) < (right.fed, right.rest)
        }
    }
}
