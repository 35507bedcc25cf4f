import Basics
import Testing

@testable import Tracking

@Suite("The tracker's part of a node's cap")
struct AllowanceTests {
    private func allowance(_ megabits: Double, sending rate: Int64) -> Double {
        let cap = BitRate(bitsPerSecond: Int64(megabits * 1e6))
        let sending = BitRate(bitsPerSecond: rate)
        let part = TrackerConfiguration.allowance(of: cap, sending: sending)
        return Double(part.bitsPerSecond) / 1e6
    }

    @Test("is half of a cap of which the source uses little", arguments: [0, 1_000_000, 8_000_000])
    func large(rate: Int64) { #expect(allowance(20, sending: rate) == 10) }

    @Test("is what the source leaves of a smaller one")
    func small() { #expect(abs(allowance(5, sending: 3_000_000) - 1.4) < 0.01) }

    @Test(
        "is nothing where the source needs it all, whatever it says",
        arguments: [2_000_000, 1_700_000, .max]
    )
    func none(rate: Int64) { #expect(allowance(2, sending: rate) == 0) }
}
