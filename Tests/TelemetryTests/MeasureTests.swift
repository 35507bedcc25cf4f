import Basics
import Foundation
import Telemetry
import Testing

@Suite("Spread and Quantiles")
struct MeasureTests {
    @Test("a spread is the mean and the least")
    func spread() {
        let spread = Spread(of: [1, 0.5, 0.9])
        #expect(abs((spread.mean ?? 0) - 0.8) < 1e-12)
        #expect(spread.worst == 0.5)
        #expect(Spread(of: []) == Spread())
    }

    @Test("quantiles are of the nearest rank")
    func quantiles() {
        let hundred = Quantiles(of: (1...100).map(Double.init).shuffled())
        #expect(hundred.p50 == 50 && hundred.p95 == 95 && hundred.p99 == 99)
        #expect(hundred.worst == 100)
        let two = Quantiles(of: [7, 3])
        #expect(two.p50 == 3 && two.p95 == 7 && two.p99 == 7 && two.worst == 7)
        let one = Quantiles(of: [4])
        #expect(one.p50 == 4 && one.p95 == 4 && one.p99 == 4 && one.worst == 4)
        #expect(Quantiles(of: []) == Quantiles())
    }
}
