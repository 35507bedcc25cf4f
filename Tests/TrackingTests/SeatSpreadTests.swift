import Basics
import Testing

@testable import Tracking

@Suite("What a plan uses of the seats")
struct SeatSpreadTests {
    private func spread(_ seats: [Int], taken: [Int]? = nil, demand: Int) -> [Int] {
        SeatSpread.seats(
            seats,
            taken: taken ?? seats.map { _ in 0 },
            bounded: seats.map { _ in true },
            demand: demand
        )
    }

    @Test("is the same share of all, where there are more than are needed")
    func even() {
        let used = spread(Array(repeating: 9, count: 60), demand: 465)
        #expect(used.reduce(0, +) >= 465)
        #expect(used.allSatisfy { (8...9).contains($0) })
        #expect(used.count { $0 == 9 } <= 10)
    }

    @Test("stays with those who have them in use when another's uplink is measured anew")
    func stable() {
        let before = spread(Array(repeating: 9, count: 60), demand: 465)
        var offer = Array(repeating: 9, count: 60)
        offer[0] = 8
        let after = spread(offer, taken: before, demand: 465)
        #expect(before[0] == 9, "the first had a seat more")
        #expect(zip(before, after).count { $0 != $1 } == 2, "and one other has it now")
        #expect(after.reduce(0, +) >= 465)
    }

    @Test("is all of them where they are scarce")
    func scarce() {
        #expect(spread([9, 2, 5], demand: 16) == [9, 2, 5])
        #expect(spread([9, 2, 5], demand: 40) == [9, 2, 5])
    }

    @Test("is not less than three quarters, and never nothing of what was offered")
    func least() {
        #expect(spread([8, 8, 8, 8], demand: 4) == [6, 6, 6, 6])
        #expect(spread([1, 1, 20], demand: 4).prefix(2) == [1, 1])
    }

    @Test("is all that those offer who have no cap: their seats grow with use")
    func uncapped() {
        let used = SeatSpread.seats([8, 8], taken: [0, 0], bounded: [false, true], demand: 4)
        #expect(used == [8, 6])
    }

    @Test("grows with the demand and never exceeds the offer", arguments: [10, 60, 100, 140, 300])
    func bounds(demand: Int) {
        let offer = (0..<30).map { 1 + $0 % 9 }
        let used = spread(offer, demand: demand)
        #expect(zip(used, offer).allSatisfy { $0 <= $1 && $0 >= 1 })
        #expect(used.reduce(0, +) >= min(demand, offer.reduce(0, +)))
    }
}
