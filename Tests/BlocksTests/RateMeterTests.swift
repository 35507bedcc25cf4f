import Basics
import Testing

@testable import Blocks

@Suite struct RateMeterTests {
    @Test("finds the rate of a stream that comes in bursts")
    func bursts() throws {
        var meter = RateMeter()
        for step in 0..<100 {
            meter.add(step % 4 == 0 ? 50_000 : 0, at: .origin + .milliseconds(100 * step))
        }
        let rate = try #require(meter.rate)
        #expect(abs(Double(rate.bitsPerSecond) / 1e6 - 1) < 0.25)
    }

    @Test("knows no rate in the first second and does not mind an encoder's gap")
    func gap() throws {
        var meter = RateMeter()
        for step in 0..<10 { meter.add(12_500, at: .origin + .milliseconds(100 * step)) }
        #expect(meter.rate == nil)
        meter.add(12_500, at: .origin + .seconds(1))
        #expect(meter.rate == .megabits(1))
        for step in 0...20 { meter.add(12_500, at: .origin + .milliseconds(9_000 + 100 * step)) }
        #expect(meter.rate == .megabits(1))
    }
}
