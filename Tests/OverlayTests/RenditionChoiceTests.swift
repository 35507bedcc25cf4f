import Basics
import Scheduling
import Testing

@Suite("RenditionChoice")
struct RenditionChoiceTests {
    /// A viewer whose down-link carries the renditions from some index on, over so many seconds; the
    /// renditions in use, one per second.
    private func run(_ choice: inout RenditionChoice, seconds: Range<Int>, carries least: Int)
        -> [Int]
    {
        var (due, inTime) = (0, 0)
        var used: [Int] = []
        for second in seconds {
            let now = Instant.origin + .seconds(second)
            due += 100
            inTime += choice.index >= least ? 100 : 70
            choice.observe(due: due, inTime: inTime, at: now)
            if let next = choice.decide(at: now) {
                choice.begin(next, at: now)
                (due, inTime) = (0, 0)
            }
            used.append(choice.index)
        }
        return used
    }

    @Test("stays with the best as long as it comes in time")
    func stays() {
        var choice = RenditionChoice(count: 3)
        #expect(run(&choice, seconds: 0..<100, carries: 0).allSatisfy { $0 == 0 })
    }

    @Test(
        "falls within seconds to what the down-link carries, and tries the better one ever less often"
    )
    func falls() {
        var choice = RenditionChoice(count: 3)
        let used = run(&choice, seconds: 0..<600, carries: 1)
        #expect(used[..<3].allSatisfy { $0 == 0 })
        #expect(used[5] == 1)
        let tries = zip(used, used.dropFirst()).filter { $0.0 == 1 && $0.1 == 0 }.count
        #expect((2...6).contains(tries))
        #expect(used.filter { $0 == 2 }.isEmpty)
    }

    @Test("comes back when the down-link does, and never leaves the list")
    func returns() {
        var choice = RenditionChoice(count: 2)
        #expect(run(&choice, seconds: 0..<20, carries: 9).last == 1)
        #expect(run(&choice, seconds: 20..<120, carries: 0).last == 0)
        var single = RenditionChoice(count: 1)
        #expect(run(&single, seconds: 0..<60, carries: 9).allSatisfy { $0 == 0 })
    }

    @Test("a try that makes the rendition in use come late puts the next one off")
    func failedTry() {
        var choice = RenditionChoice(count: 2)
        #expect(run(&choice, seconds: 0..<10, carries: 1).last == 1)
        var (due, inTime) = (0, 0)
        var tries: [Int] = []
        var isTrying = false
        for second in 10..<100 {
            let now = Instant.origin + .seconds(second)
            due += 100
            // While the better one is tried, too little of this one comes.
            inTime += isTrying ? 60 : 100
            choice.observe(due: due, inTime: inTime, at: now)
            if isTrying, choice.isTooMuch {
                choice.failTry()
                isTrying = false
            } else if !isTrying, choice.decide(at: now) == 0 {
                tries.append(second)
                isTrying = true
            }
        }
        let pauses = zip(tries, tries.dropFirst()).map { $1 - $0 }
        #expect(tries.first.map { (20...40).contains($0) } == true)
        #expect(pauses.allSatisfy { $0 >= 40 } && !pauses.isEmpty)
    }

    @Test("one burst of losses is no verdict")
    func bursts() {
        var choice = RenditionChoice(count: 2)
        var (due, inTime) = (0, 0)
        for second in 0..<60 {
            let now = Instant.origin + .seconds(second)
            due += 100
            inTime += second.isMultiple(of: 20) ? 85 : 100
            choice.observe(due: due, inTime: inTime, at: now)
            let next = choice.decide(at: now)
            #expect(next == nil, "\(second)")
        }
    }
}
