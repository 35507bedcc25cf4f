import Basics
import Testing
import Wire

@testable import Tracking

@Suite("The tracker's outbox")
struct OutboxTests {
    private let start = Instant.origin + .seconds(10)

    private func letter(_ slot: Int, _ byte: UInt8, count: Int = 100) -> Outbox.Letter {
        Outbox.Letter(slot: slot, messages: [UInt8](repeating: byte, count: count))
    }

    @Test("tells the others first, then the member of all of them in one datagram")
    func pairs() {
        var outbox = Outbox()
        for other in 1...3 {
            outbox.add(
                own: letter(7, UInt8(other)),
                other: letter(other, 7),
                .parent,
                at: start
            )
        }
        #expect(outbox.count == 3)
        let letters = outbox.removeFirst(at: start)
        #expect(letters.map(\.slot) == [1, 2, 3, 7])
        #expect(letters.last?.messages.count == 300)
        #expect(outbox.isEmpty)
    }

    @Test("begins another datagram when one is full")
    func fullDatagrams() {
        var outbox = Outbox()
        let size = Envelope.messagesMax / 2
        for other in 1...3 {
            let own = letter(7, 0, count: size)
            outbox.add(own: own, other: letter(other, 7), .parent, at: start)
        }
        #expect(outbox.removeFirst(at: start).map(\.slot) == [1, 2, 7])
        #expect(outbox.removeFirst(at: start).map(\.slot) == [3, 7])
        #expect(outbox.removeFirst(at: start).isEmpty)
    }

    @Test("lets parents go before backups")
    func urgency() {
        var outbox = Outbox()
        outbox.add(own: letter(1, 0), other: letter(2, 0), .backup, at: start)
        outbox.add(own: letter(3, 0), other: letter(4, 0), .parent, at: start)
        #expect(outbox.removeFirst(at: start).map(\.slot) == [4, 3])
        #expect(outbox.removeFirst(at: start).map(\.slot) == [2, 1])
    }

    @Test("drops pairs that have waited until they were introduced anew")
    func stale() {
        var outbox = Outbox()
        outbox.add(own: letter(1, 0), other: letter(2, 0), .parent, at: start)
        outbox.add(own: letter(3, 0), other: letter(4, 0), .parent, at: start + .seconds(2))
        let now = start + Outbox.patience + .milliseconds(1)
        #expect(outbox.removeFirst(at: now).map(\.slot) == [4, 3])
        #expect(outbox.isEmpty)
    }

    @Test("has a bound for each urgency")
    func bound() {
        var outbox = Outbox()
        var count = 0
        while outbox.hasRoom(.backup), count < 100_000 {
            outbox.add(own: letter(count, 0), other: letter(0, 0), .backup, at: start)
            count += 1
        }
        #expect(count == 4_096)
        #expect(outbox.hasRoom(.parent))
    }
}
