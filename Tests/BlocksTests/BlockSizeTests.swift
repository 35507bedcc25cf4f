import Basics
import Testing

@testable import Blocks

@Suite struct BlockSizeTests {
    @Test(
        "has about 100 ms of media",
        arguments: [
            (300, 8, 0, 1), (1_000, 8, 0, 1), (1_400, 8, 0, 2), (2_000, 8, 0, 3),
            (5_000, 16, 0, 3), (5_000, 16, 1, 4), (20_000, 16, 0, 4), (400_000, 8, 1, 8),
        ]
    )
    func rows(kilobits: Int, stripes: Int, repair: Int, rows: Int) {
        let size = BlockSize(
            rate: .kilobits(kilobits),
            stripeCount: stripes,
            repairPerRow: repair
        )
        #expect(size.rows == rows)
        #expect(size.capacity == rows * (stripes - repair) * 1_128)
    }

    @Test("has one row while the rate is unknown")
    func unknown() {
        #expect(BlockSize(rate: nil, stripeCount: 16, repairPerRow: 1).rows == 1)
    }

    @Test("adds one repair chunk for every row that the source chunks begin")
    func repair() {
        let size = BlockSize(rate: .megabits(5), stripeCount: 8, repairPerRow: 1)
        let counts = [0, 1, 7, 8, 14, 15].map { size.repairCount(forSource: $0) }
        #expect(counts == [0, 1, 1, 2, 2, 3])
        let none = BlockSize(rate: .megabits(5), stripeCount: 8, repairPerRow: 0)
        #expect(none.repairCount(forSource: 9) == 0)
    }
}

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
