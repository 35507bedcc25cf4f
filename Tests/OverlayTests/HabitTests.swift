import Basics
import Scheduling
import Testing

@Suite("A stripe's habit") struct HabitTests {
    private func habit(_ samples: [Int]) -> Lateness {
        var habit = Lateness()
        for sample in samples { habit.observe(.milliseconds(sample)) }
        return habit
    }

    @Test("is unknown until four chunks have come")
    func unknown() {
        var young = habit([60, 60, 60])
        #expect(young.usualMax() == nil)
        young.observe(.milliseconds(60))
        #expect(young.usualMax() == .milliseconds(60))
    }

    @Test("is not that of single late chunks")
    func outliers() {
        var usual = habit([60, 61, 60, 400, 60, 62, 61, 60, 61, 60])
        #expect((usual.usualMax() ?? .zero) < .milliseconds(70))
    }

    @Test("forgets the late chunks of a join as soon as two dozen in a row are early")
    func shorterWay() {
        var usual = habit(Array(repeating: 300, count: 40))
        #expect(usual.usualMax() == .milliseconds(300))
        for _ in 0..<23 { usual.observe(.milliseconds(60)) }
        #expect(usual.usualMax() == .milliseconds(300))
        usual.observe(.milliseconds(60))
        #expect(usual.usualMax() == .milliseconds(60))
    }

    @Test("keeps a tail that comes again and again")
    func tail() {
        var usual = habit([])
        for round in 0..<80 {
            usual.observe(.milliseconds(round % 4 == 0 ? 160 : 60))
            _ = usual.usualMax()
        }
        #expect((usual.usualMax() ?? .zero) >= .milliseconds(160))
    }
}
