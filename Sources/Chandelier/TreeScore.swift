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
    /// The squares of the numbers of children: less where they are even.
    private(set) var unevenness = 0

    /// Scores some trees.
    init(_ roster: Roster, _ forests: [StripeForest]) {
        var totals = [Int](repeating: 0, count: roster.count)
        var largest = totals
        for forest in forests {
            var children = [Int](repeating: 0, count: roster.count)
            for peer in 1..<roster.count where roster.needs(peer, forest.stripe) {
                let depth = Int(forest.depths[peer])
                guard depth >= 0 else {
                    unfed += 1
                    continue
                }
                hops += depth
                slowness += depth * (Int.bitWidth - roster.seats[peer].leadingZeroBitCount)
                children[Int(forest.parents[peer])] += 1
            }
            for peer in 1..<roster.count {
                totals[peer] += children[peer]
                largest[peer] = max(largest[peer], children[peer])
                unevenness += children[peer] * children[peer]
            }
        }
        scattered = zip(totals, largest).reduce(0) { $0 + $1.0 - $1.1 }
    }

    /// Whether the left trees are better.
    static func < (left: TreeScore, right: TreeScore) -> Bool {
        (left.unfed, left.hops, left.scattered, left.slowness, left.unevenness)
            < (right.unfed, right.hops, right.scattered, right.slowness, right.unevenness)
    }
}
