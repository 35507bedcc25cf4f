import Basics
import Testing

@testable import Simulation

/// The distributions that viewers' stays are drawn from.
@Suite("Draws")
struct DrawsTests {
    @Test("logarithm and exponential are right to the last digits")
    func functions() {
        let e = 2.718_281_828_459_045
        #expect(abs(Real.ln(e) - 1) < 1e-15)
        #expect(Real.ln(1) == 0)
        #expect(abs(Real.ln(1e-9) + 20.723_265_836_946_41) < 1e-13)
        #expect(abs(Real.exp(1) - e) < 1e-15)
        #expect(abs(Real.exp(-20) / 2.061_153_622_438_558e-9 - 1) < 1e-14)
        for value in stride(from: -30.0, through: 30, by: 0.7) {
            #expect(abs(Real.ln(Real.exp(value)) - value) < 1e-13)
        }
        #expect(Real.ln(0) < -1e300 && Real.exp(-1_000) == 0 && Real.exp(1_000).isFinite)
    }

    private func draws(_ draw: (inout SeededRandom) -> Double) -> [Double] {
        var random = SeededRandom(seed: 17)
        return (0..<40_000).map { _ in draw(&random) }.sorted()
    }

    @Test("exponential draws have the mean and the median of theirs")
    func exponential() {
        let draws = draws { $0.exponential(mean: 100) }
        #expect(abs(draws.reduce(0, +) / 40_000 - 100) < 2)
        #expect(abs(draws[20_000] - 69.31) < 2)
    }

    @Test("Pareto draws begin at the least value and have its median")
    func pareto() {
        let draws = draws { $0.pareto(alpha: 1.5, least: 20) }
        #expect(draws[0] >= 20)
        #expect(abs(draws[20_000] - 31.75) < 0.5)
    }

    @Test("log-normal draws have their median and their upper tail")
    func lognormal() {
        let draws = draws { $0.lognormal(mu: Real.ln(240), sigma: 1.5) }
        #expect(abs(draws[20_000] / 240 - 1) < 0.04)
        // 84.13 % lie below one deviation above the median.
        #expect(abs(draws[33_652] / (240 * Real.exp(1.5)) - 1) < 0.06)
    }

    @Test("every model's mean is that of its draws")
    func means() {
        let models = [
            Churn(.exponential(mean: 50)), Churn(.lognormal(median: 100, sigma: 0.5)),
            Churn(.pareto(alpha: 4, least: 20)),
        ]
        for model in models {
            let mean = draws { model.draw(&$0).seconds }.reduce(0, +) / 40_000
            #expect(abs(mean / model.mean - 1) < 0.03)
        }
    }
}
