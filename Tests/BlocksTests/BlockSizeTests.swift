import Basics
import Testing

@testable import Blocks

@Suite struct BlockSizeTests {
    @Test(
        "has about 75 ms of media, at least one row",
        arguments: [
            (300, 8, 0, 1), (1_000, 8, 0, 1), (1_400, 8, 0, 1), (2_000, 8, 0, 2), (1_000, 8, 1, 1),
            (5_000, 16, 0, 3), (5_000, 16, 1, 3), (20_000, 16, 0, 4), (400_000, 8, 1, 8),
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
        let double = BlockSize(rate: .megabits(5), stripeCount: 8, repairPerRow: 2)
        #expect([1, 2, 6, 7].map { double.repairCount(forSource: $0) } == [1, 2, 2, 4])
        let none = BlockSize(rate: .megabits(5), stripeCount: 8, repairPerRow: 0)
        #expect(none.repairCount(forSource: 9) == 0)
    }
}
