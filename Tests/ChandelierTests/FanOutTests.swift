import Basics
import Testing

@testable import Chandelier

@Suite("FanOut")
struct FanOutTests {
    @Test(
        "logarithms are right",
        arguments: zip([1.0, 2, 3, 10, 64], [0, 0.693147, 1.098612, 2.302585, 4.158883])
    )
    func logarithm(x: Double, expected: Double) {
        #expect(abs(FanOut.logarithm(x) - expected) < 1e-6)
    }

    @Test("the width has the least cost of all", arguments: [3, 8, 20, 100, 1_000])
    func leastCost(seats: Int) {
        // The formula, written out: 30 ms a hop, 1,128 bytes at 125 kbit/s per seat.
        func cost(_ width: Int) -> Double {
            (0.030 + Double(width) * (1_128 * 8 / 125_000.0 / Double(seats)) / 2)
                / FanOut.logarithm(Double(width))
        }
        let best = FanOut.best(seats: seats, stripeRate: .kilobits(125))
        #expect(best <= seats)
        for width in 2...min(seats, 64) { #expect(cost(best) <= cost(width) + 1e-12) }
    }

    @Test("few seats or an unknown rate leave no choice")
    func noChoice() {
        #expect(FanOut.best(seats: 0, stripeRate: .kilobits(125)) == 0)
        #expect(FanOut.best(seats: 1, stripeRate: .kilobits(125)) == 1)
        #expect(FanOut.best(seats: 50, stripeRate: BitRate(bitsPerSecond: 0)) == 50)
    }
}
