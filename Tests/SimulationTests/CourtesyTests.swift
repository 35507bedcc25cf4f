import Basics
import Testing
import Wire

@testable import Simulation

@Suite("Courtesy")
struct CourtesyTests {
    @Test("lets punches, questions to trackers and answers pass")
    func polite() {
        var courtesy = Courtesy()
        #expect(courtesy.send(.punch, size: 33, to: 1, isTracker: false) == nil)
        #expect(courtesy.send(.discover, size: 1_200, to: 2, isTracker: true) == nil)
        #expect(courtesy.send(.initiation, size: 1_200, to: 2, isTracker: true) == nil)
        courtesy.receive(.punch, size: 33, from: 1)
        #expect(courtesy.send(.initiation, size: 1_200, to: 1, isTracker: false) == nil)
        courtesy.receive(.initiation, size: 1_200, from: 3)
        #expect(courtesy.send(.response, size: 60, to: 3, isTracker: false) == nil)
        courtesy.receive(.transport, size: 40, from: 3)
        #expect(courtesy.send(.transport, size: 1_200, to: 3, isTracker: false) == nil)
    }

    @Test("names everything else")
    func rude() {
        var courtesy = Courtesy()
        #expect(courtesy.send(.punch, size: 65, to: 1, isTracker: false) != nil)
        #expect(courtesy.send(.initiation, size: 1_200, to: 1, isTracker: false) != nil)
        #expect(courtesy.send(.discover, size: 1_200, to: 1, isTracker: false) != nil)
        #expect(courtesy.send(.transport, size: 30, to: 1, isTracker: false) != nil)
        courtesy.receive(.discover, size: 20, from: 4)
        #expect(courtesy.send(.identity, size: 33, to: 4, isTracker: false) != nil)
        courtesy.receive(.initiation, size: 1_200, from: 5)
        #expect(courtesy.send(.transport, size: 30, to: 5, isTracker: false) != nil)
    }

    private func sealed(index: UInt32, counter: UInt32) -> Bytes {
        let words = [index, counter].flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        let rest = [UInt8](repeating: 0, count: 30)
        return Bytes([Envelope.firstByte(.transport, .peer)] + words + rest)
    }

    @Test("sees a counter that is used twice under one key, whatever came between")
    func nonces() {
        var courtesy = Courtesy()
        courtesy.receive(.transport, size: 40, from: 1)
        func send(_ index: UInt32, _ counter: UInt32) -> Int? {
            courtesy.send(Datagram(sealed(index: index, counter: counter)), to: 1, tracker: 9)?
                .invariant
        }
        #expect(send(7, 0) == nil && send(7, 1) == nil && send(8, 0) == nil)
        #expect(send(7, 2) == nil && send(8, 1) == nil)
        #expect(send(7, 2) == 3)
        #expect(send(8, 1) == 3)
        // A process that starts anew gives the same index again, while the old key is still used.
        #expect(send(7, 0) == nil && send(7, 1) == nil && send(7, 3) == nil && send(7, 2) == nil)
        #expect(send(7, 3) == nil && send(7, 3) == 3)
    }

    @Test("sees bytes that are no envelope")
    func nonsense() {
        var courtesy = Courtesy()
        #expect(courtesy.send(Datagram(.empty), to: 1, tracker: 9)?.invariant == 2)
        #expect(courtesy.send(Datagram(Bytes([0xFF, 1])), to: 1, tracker: 9)?.invariant == 2)
    }
}
