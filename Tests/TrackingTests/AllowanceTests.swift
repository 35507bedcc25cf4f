import Basics
import Testing

@testable import Tracking

@Suite("The tracker's part of a node's cap")
struct AllowanceTests {
    private func allowance(_ megabits: Double, rate: Double) -> Double {
        let cap = BitRate(bitsPerSecond: Int64(megabits * 1e6))
        let part = TrackerConfiguration.allowance(of: cap, mediaRate: rate * 1e6)
        return Double(part.bitsPerSecond) / 1e6
    }

    @Test("is half of a cap that carries the stream many times")
    func large() { #expect(allowance(20, rate: 1) == 10) }

    @Test("is what three copies of the stream leave of a smaller one")
    func small() { #expect(abs(allowance(5, rate: 1) - 1.61) < 0.01) }

    @Test(
        "is nothing where the stream needs it all, whatever the rate",
        arguments: [1, 1e6, 1e300]
    )
    func none(rate: Double) { #expect(allowance(2, rate: rate) == 0) }
}
