import Basics
import Testing
import Wire

@testable import Tracking

@Suite("The line of those who wait to be taken in")
struct WaitingLineTests {
    private let start = Instant.origin + .seconds(10)
    private let channel = Channel()

    private func waiter(_ number: Int, askedAt: Instant? = nil) -> WaitingLine.Waiter {
        WaitingLine.Waiter(
            slot: number,
            id: PeerID(UInt64(number)),
            join: Join(channel: channel.id, role: .viewer, name: "", candidates: []),
            askedAt: askedAt ?? start
        )
    }

    @Test("helpers come first, and among equals who has come first")
    func order() {
        var line = WaitingLine()
        #expect(line.add(waiter(1), isHelper: false) == 0)
        #expect(line.add(waiter(2), isHelper: true) == 0)
        #expect(line.add(waiter(3), isHelper: false) == 2)
        #expect(line.add(waiter(4), isHelper: true) == 1)
        #expect(line.count == 4)
        let order = (0..<4).map { _ in line.removeFirst(at: start)?.slot }
        #expect(order == [2, 4, 1, 3])
        #expect(line.isEmpty && line.removeFirst(at: start) == nil)
    }

    @Test("asking again costs nobody its place, and keeps it")
    func again() {
        var line = WaitingLine()
        for number in 1...3 { _ = line.add(waiter(number), isHelper: true) }
        let later = start + .seconds(20)
        #expect(line.add(waiter(1, askedAt: later), isHelper: true) == 0)
        #expect(line.add(waiter(3, askedAt: later), isHelper: true) == 2)
        #expect(line.count == 3)
        // The second has not asked for half a minute: it has gone.
        #expect(line.removeFirst(at: start + .seconds(30))?.slot == 1)
        #expect(line.removeFirst(at: start + .seconds(30))?.slot == 3)
        #expect(line.removeFirst(at: start + .seconds(30)) == nil)
    }

    @Test("who leaves is forgotten, and may come again at the end")
    func leaves() {
        var line = WaitingLine()
        for number in 1...3 { _ = line.add(waiter(number), isHelper: true) }
        line.remove(PeerID(1))
        #expect(!line.holds(PeerID(1)) && line.count == 2)
        _ = line.add(waiter(1), isHelper: true)
        #expect((0..<3).map { _ in line.removeFirst(at: start)?.slot } == [2, 3, 1])
    }

    @Test("coming and going does not make it grow, and costs nobody its place")
    func comingAndGoing() {
        var line = WaitingLine()
        for number in 1...3 { _ = line.add(waiter(number), isHelper: true) }
        for _ in 0..<40_000 {
            _ = line.add(waiter(9), isHelper: true)
            line.remove(PeerID(9))
        }
        #expect(line.count == 3 && line.entryCount <= 2 * 16_384)
        _ = line.add(waiter(9), isHelper: true)
        #expect((0..<4).map { _ in line.removeFirst(at: start)?.slot } == [1, 2, 3, 9])
        #expect(line.isEmpty && line.removeFirst(at: start) == nil)
    }

    @Test("the line is bounded")
    func bounded() {
        var line = WaitingLine()
        var refused = 0
        for number in 1...20_000 where line.add(waiter(number), isHelper: true) == nil {
            refused += 1
        }
        #expect(line.count == 16_384 && refused == 20_000 - 16_384)
    }
}
