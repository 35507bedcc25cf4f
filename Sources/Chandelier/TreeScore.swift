/// What makes some trees better than others, the most important first.
///
/// It depends on the trees alone, not on how they came about: moves that must improve it cannot
/// go in circles.
struct TreeScore: Comparable {
    /// How many peers have no way to the source, summed over the stripes.
    private(set) var unfed = 0
    /// How many hops it is to the others, summed.
    private(set) var hops = 0
    /// How many children peers have outside the stripe where they have most.
    private(set) var scattered = 0
    /// The hops again, each weighted with the speed of the peer: less with the fast in front.
    private(set) var slowness = 0

    /// What one move of an improvement costs; see `pays`.
    private static let moveCost = 20

    /// Scores some trees.
    init(_ roster: Roster, _ forests: [StripeForest]) {
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
                hops += depth
                slowness += depth * (Int.bitWidth - roster.seats[peer].leadingZeroBitCount)
                let parent = Int(forest.parents[peer])
                children[parent] += 1
            }
            for peer in 1..<roster.count {
                totals[peer] += children[peer]
                largest[peer] = max(largest[peer], children[peer])
            }
        }
        scattered = zip(totals, largest).reduce(0) { $0 + $1.0 - $1.1 }
    }

    /// Whether the left trees are better.
    static func < (left: TreeScore, right: TreeScore) -> Bool {
        (left.unfed, left.hops, left.scattered, left.slowness)
            < (right.unfed, right.hops, right.scattered, right.slowness)
    }

    /// Whether these trees are so much better than others that some moves pay.
    ///
    /// In units of what links are worth: a hop less counts 200, a link less that is outside its
    /// parent's stripe 100, a fast peer in front of a slow one 25 per class of speed; a move costs
    /// 20. All are choices of this reconstruction. Feeding one peer more pays in any case.
    func pays(over other: TreeScore, moves: Int) -> Bool {
        guard self < other else { return false }
        if unfed < other.unfed { return true }
        let gain =
            200 * (other.hops - hops) + 100 * (other.scattered - scattered)
            + 25 * (other.slowness - slowness)
        return gain > TreeScore.moveCost * moves
    }
}
