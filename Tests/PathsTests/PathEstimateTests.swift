import Basics
import Testing

@testable import Paths

@Suite struct PathEstimateTests {
    private func estimate(_ samples: [Int]) -> PathEstimate {
        var estimate = PathEstimate()
        for sample in samples { estimate.observe(.milliseconds(sample)) }
        return estimate
    }

    @Test("smooths by an eighth, and knows the least")
    func smooths() {
        let estimate = estimate([80, 80, 80, 80, 160])
        #expect(estimate.roundTrip == .milliseconds(90))
        #expect(estimate.roundTripMin == .milliseconds(80))
        #expect(estimate.roundTripLast == .milliseconds(160))
    }

    @Test("forgets a first sample that waited for a link to come back")
    func young() {
        #expect(estimate([600, 20]).roundTrip == .milliseconds(20))
        #expect(estimate([600, 580, 20]).roundTrip == .milliseconds(20))
        #expect(estimate([20, 20]).roundTrip == .milliseconds(20))
    }

    @Test("an old path's short sample is one among others")
    func old() {
        let estimate = estimate([80, 80, 80, 80, 80, 16])
        #expect(estimate.roundTrip == .milliseconds(72))
    }

    @Test("ignores what no round trip can be")
    func errors() {
        #expect(estimate([-1, 10_000]).roundTrip == nil)
    }
}
