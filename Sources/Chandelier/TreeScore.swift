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

    /// What one move of an improvement costs; see `pays`.
    private static let moveCost = 100

    /// Scores some trees.
    init(_ roster: Roster, _ forests: [StripeForest], _ ideals: [RowPlan]) {
        var totals = [Int](repeating: 0, count: roster.count)
        var largest = totals
        for forest in forests {
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

    /// Whether these trees are so much better than others that some moves pay.
    ///
    /// A move costs 100: as much as half a hop less is worth (with 60 and less, 2 % churn moved 8 % of the
    /// links; measured, 600 peers). A link less that is outside its parent's stripe counts 500, since the
    /// death of a parent of several stripes is felt (measured, 16 viewers: 350 ms of silence rather than 130),
    /// and a fast peer in front of a slow one 25 per class of speed. All are choices of this reconstruction.
    /// Feeding one peer more pays in any case.
    func pays(over other: TreeScore, moves: Int) -> Bool {
        guard self < other else { return false }
        if unfed < other.unfed { return true }
        let gain =
            25 * (other.distance - distance) + 500 * (other.scattered - scattered)
            + 25 * (other.slowness - slowness)
        return gain > TreeScore.moveCost * moves
    }
}
