import Basics
import Scheduling
import Testing

/// How much a peer may ask for.
struct RequestBudgetTests {
    /// What is granted within ten seconds after the first one, of a stream of 100 chunks a second.
    private static func granted(spare: Double?) -> Int {
        var now = Instant.origin
        var budget = RequestBudget(chunkRate: 100, at: now)
        if let spare { budget.observe(spare: spare) }
        while budget.take(1, at: now) {}
        var count = 0
        for _ in 0..<1_000 {
            now = now + .milliseconds(10)
            while budget.take(1, at: now) { count += 1 }
        }
        return count
    }

    @Test(
        "half of what the swarm has to spare, at most the stream once more, may be asked for",
        arguments: [(nil, 500), (0, 100), (0.6, 300), (1, 500), (2, 1_000), (9, 1_000)]
    )
    func shares(spare: Double?, chunks: Int) {
        #expect(abs(RequestBudgetTests.granted(spare: spare) - chunks) <= 2)
    }

    @Test("what nobody pushes may be asked for one and a half times where uplinks are full")
    func unfed() {
        func granted(unfed: Double) -> Int {
            var budget = RequestBudget(chunkRate: 100, at: .origin)
            budget.observe(spare: 0)
            budget.unfed = unfed
            return (0..<1_000).count {
                budget.take(1, at: .origin + .milliseconds(10 * $0))
            }
        }
        // A tenth of 1,000 chunks in ten seconds, beside the depth of the bucket.
        #expect((100...130).contains(granted(unfed: 0)))
        #expect((470...560).contains(granted(unfed: 0.25)))
        #expect(granted(unfed: 1) == 1_000)
    }

    @Test("two blocks may be asked for at once, fewer where uplinks are full")
    func depth() {
        var full = RequestBudget(chunkRate: 100, at: .origin)
        let all = full.take(128, at: .origin)
        let more = full.take(1, at: .origin)
        #expect(all && !more)
        var short = RequestBudget(chunkRate: 100, at: .origin)
        short.observe(spare: 0.25)
        let tooMany = short.take(33, at: .origin)
        let enough = short.take(32, at: .origin)
        #expect(!tooMany && enough)
    }
}
