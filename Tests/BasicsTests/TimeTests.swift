import Basics
import Testing

@Suite("Instant and TimeSpan")
struct TimeTests {
    @Test("adds, subtracts and compares")
    func arithmetic() {
        let start = Instant(nanoseconds: 5)
        #expect(start + .microseconds(1) == Instant(nanoseconds: 1_005))
        #expect(start - .microseconds(1) == Instant(nanoseconds: -995))
        #expect(Instant(nanoseconds: 1_005) - start == .microseconds(1))
        #expect(start < start + TimeSpan(nanoseconds: 1))
        var moved = start
        moved += .seconds(1)
        #expect(moved.nanoseconds == 1_000_000_005)
        #expect(TimeSpan.milliseconds(3) * 2 == .milliseconds(6))
        #expect(TimeSpan.milliseconds(3) / 0 == .milliseconds(3))
        #expect(TimeSpan.seconds(0.25) == .milliseconds(250))
        #expect(TimeSpan.milliseconds(1_500).seconds == 1.5)
        #expect(TimeSpan.milliseconds(1_500).milliseconds == 1_500)
    }

    @Test("saturates instead of trapping")
    func saturation() {
        let late = Instant.distantFuture
        let early = Instant(nanoseconds: .min)
        #expect(late + .seconds(1) == late)
        #expect(early - .seconds(1) == early)
        #expect(early + TimeSpan(nanoseconds: .min) == early)
        #expect(late - TimeSpan(nanoseconds: .min) == late)
        #expect(late - early == TimeSpan(nanoseconds: .max))
        #expect(early - late == TimeSpan(nanoseconds: .min))
        #expect(TimeSpan.seconds(Int.max) == TimeSpan(nanoseconds: .max))
        #expect(TimeSpan.seconds(Int.min) == TimeSpan(nanoseconds: .min))
        #expect(TimeSpan.seconds(Double.infinity) == TimeSpan(nanoseconds: .max))
        #expect(TimeSpan.seconds(-1e300) == TimeSpan(nanoseconds: .min))
    }
}
