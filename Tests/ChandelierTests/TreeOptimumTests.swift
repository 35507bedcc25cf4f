import Basics
import Chandelier
import Testing

@Suite("Trees against all trees")
struct TreeOptimumTests {
    @Test("no tree feeds more, and few have fewer hops: by one, in one of ten swarms at most")
    func shallowest() {
        var excess = 0
        for seed in 1...40 as ClosedRange<UInt64> {
            let (figures, best) = TreeOptimumTests.compare(seed)
            #expect(figures.unfed == best.unfed)
            #expect(figures.hops <= best.hops + 1)
            excess += figures.hops - best.hops
        }
        #expect((0...4).contains(excess), "\(excess)")
    }

    private static func compare(_ seed: UInt64) -> (PlanFigures, (unfed: Int, hops: Int)) {
        var random = SeededRandom(seed: seed)
        var view = Swarms.equal(5, sourceSeats: 1 + random.below(2), seed: seed)
        view.stripeCount = 1
        view.stripeRate = BitRate(bitsPerSecond: 0)
        for at in 1...5 { view.members[at].seats = random.below(4) }
        var budget = WorkBudget.unlimited
        let figures = Optimiser.chandelier.plan(view, budget: &budget).figures
        return (figures, best(view.members.map(\.seats)))
    }

    /// The least that goes unfed, and then the fewest hops, of all ways to choose five parents.
    private static func best(_ seats: [Int]) -> (unfed: Int, hops: Int) {
        var best = (unfed: Int.max, hops: Int.max)
        var parents = [Int](repeating: -1, count: 6)
        for code in 0..<7 * 7 * 7 * 7 * 7 {
            var rest = code
            for peer in 1...5 {
                parents[peer] = rest % 7 - 1
                rest /= 7
            }
            if let found = measure(parents, seats), found < best { best = found }
        }
        return best
    }

    /// Nil where a seat is taken twice, or a link hangs in the air.
    private static func measure(_ parents: [Int], _ seats: [Int]) -> (unfed: Int, hops: Int)? {
        var result = (unfed: 0, hops: 0)
        var loads = [Int](repeating: 0, count: 6)
        for peer in 1...5 {
            guard parents[peer] >= 0 else {
                result.unfed += 1
                continue
            }
            loads[parents[peer]] += 1
            var (ancestor, hops) = (peer, 0)
            while ancestor != 0 {
                ancestor = parents[ancestor]
                hops += 1
                if ancestor < 0 || hops > 5 { return nil }
            }
            result.hops += hops
        }
        return zip(loads, seats).allSatisfy { $0 <= $1 } ? result : nil
    }
}
