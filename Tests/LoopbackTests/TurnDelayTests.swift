import Basics
import Testing

@testable import Transport

@Suite struct TurnDelayTests {
    /// Turns every 400 ms, each so much later than it was due.
    private func delays(_ late: [Int]) -> TurnDelay {
        var turns = TurnDelay()
        var now = Instant(nanoseconds: 1)
        for milliseconds in late {
            let due = now + .milliseconds(400)
            turns.expect(at: due)
            now = due + .milliseconds(milliseconds)
            turns.note(now)
        }
        return turns
    }

    @Test("is the median of the last five seconds, and unknown in the first two")
    func median() {
        #expect(delays([9, 9, 9, 9, 9]).median == nil)
        #expect(delays([1, 1, 1, 1, 1, 1]).median == .milliseconds(1))
        // One long pause is no busy computer; five seconds of short ones are.
        #expect(delays([1, 1, 1, 1, 900, 1, 1]).median == .milliseconds(1))
        #expect(
            delays(Array(repeating: 1, count: 30) + Array(repeating: 80, count: 7)).median
                == .milliseconds(80)
        )
        #expect(
            delays(Array(repeating: 80, count: 30) + Array(repeating: 1, count: 12)).median
                == .milliseconds(1)
        )
    }

    @Test("counts a turn that comes early as in time, and one that nobody expected not at all")
    func early() {
        #expect(delays([-3, -3, -3, -3, -3, -3]).median == .zero)
        var turns = delays([5, 5, 5, 5, 5, 5])
        for second in 0..<20 { turns.note(Instant(nanoseconds: Int64(second) * 1_000_000_000)) }
        #expect(turns.median == .milliseconds(5))
    }
}
