import Basics
import Paths
import Secrecy
import Telemetry
import Testing
import Wire

@testable import Overlay

/// A neighbour whose NAT has given it another port.
@Suite("Moving")
struct MovingTests {
    /// A peer with a neighbour, and a place where the neighbour has not been yet.
    private static func lab() throws -> (lab: Lab, other: Puppet, elsewhere: Endpoint, slot: Int) {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let other = lab.puppet(2)
        lab.connect(other)
        let slot = try #require(lab.peer.active.first)
        lab.sent.removeAll()
        return (lab, other, other.endpoint.with(port: 41_000), slot)
    }

    /// What a puppet says, from another place than its own.
    private static func say(
        _ message: Message,
        _ puppet: Puppet,
        from place: Endpoint,
        to lab: Lab
    ) {
        for one in puppet.say([message], to: lab.identity.id, now: lab.now) {
            lab.inject(one.bytes, from: place)
        }
    }

    private static func endpoint(_ slot: Int, in lab: Lab) -> Endpoint? {
        lab.peer.switchboard.links[slot]?.endpoint
    }

    /// The question that was sent to a place.
    private static func question(to place: Endpoint, _ puppet: Puppet, in lab: Lab) -> Probe? {
        for (to, bytes) in lab.sent where to == place && bytes.count < Envelope.initiationSize {
            _ = puppet.receive(bytes, from: lab.endpoint, now: lab.now)
        }
        return puppet.inbox.reduce(nil) { if case .probe(let probe) = $1 { probe } else { $0 } }
    }

    private static func answer(_ probe: Probe) -> Message {
        .echo(
            Echo(
                probeSentAt: probe.sentAt,
                receivedAt: .origin,
                sourceOffset: .zero,
                offsetError: nil
            )
        )
    }

    @Test("is asked at its new place, and moves there once it has answered from there")
    func moves() throws {
        let (lab, other, elsewhere, slot) = try MovingTests.lab()
        MovingTests.say(.probe(Probe(sentAt: lab.now)), other, from: elsewhere, to: lab)
        #expect(MovingTests.endpoint(slot, in: lab) == other.endpoint)
        let probe = try #require(MovingTests.question(to: elsewhere, other, in: lab))
        MovingTests.say(MovingTests.answer(probe), other, from: elsewhere, to: lab)
        #expect(MovingTests.endpoint(slot, in: lab) == elsewhere)
        #expect(lab.events.contains { $0.kind == .path && $0.text.contains("41000") })
    }

    @Test("stays where it was while nobody answers, and nothing but questions goes elsewhere")
    func unanswered() throws {
        let (lab, other, elsewhere, slot) = try MovingTests.lab()
        for _ in 0..<20 {
            MovingTests.say(.probe(Probe(sentAt: lab.now)), other, from: elsewhere, to: lab)
            lab.run(for: .milliseconds(10))
        }
        let there = lab.sent.filter { $0.to == elsewhere }
        #expect((1...3).contains(there.count), "one in 100 ms")
        #expect(there.allSatisfy { $0.bytes.count < 64 })
        #expect(MovingTests.endpoint(slot, in: lab) == other.endpoint)
    }

    @Test("does not move by a guess, nor by the right answer from another place")
    func wrongAnswers() throws {
        let (lab, other, elsewhere, slot) = try MovingTests.lab()
        MovingTests.say(.probe(Probe(sentAt: lab.now)), other, from: elsewhere, to: lab)
        let probe = try #require(MovingTests.question(to: elsewhere, other, in: lab))
        let guess = Probe(sentAt: probe.sentAt + TimeSpan(nanoseconds: 1))
        MovingTests.say(MovingTests.answer(guess), other, from: elsewhere, to: lab)
        MovingTests.say(MovingTests.answer(probe), other, from: other.endpoint, to: lab)
        #expect(MovingTests.endpoint(slot, in: lab) == other.endpoint)
    }

    /// An introduction to a puppet at a place, and a punch of the puppet by it.
    private static func introduction(
        _ number: UInt64,
        to puppet: Puppet,
        at place: Endpoint
    ) throws -> (Introduction, punch: [UInt8]) {
        let token = try #require(PunchToken(Bytes([UInt8](repeating: 9, count: 16))))
        let introduction = Introduction(
            number: number,
            token: token.bytes,
            part: .initiator,
            contact: Contact(key: Bytes(puppet.identity.publicKey), candidates: [place])
        )
        let punch = Punch.emit(
            introduction: number,
            sender: puppet.id,
            token: token,
            service: .peer,
            suite: .standIn
        )
        return (introduction, punch)
    }

    @Test("introduced anew elsewhere it is asked there and offered a new session, once")
    func punched() throws {
        let (lab, other, elsewhere, slot) = try MovingTests.lab()
        let (introduction, punch) = try MovingTests.introduction(77, to: other, at: elsewhere)
        lab.say(.introduce(introduction), as: lab.tracker)
        lab.inject(punch, from: elsewhere)
        let there = lab.sent.filter { $0.to == elsewhere }.map(\.bytes.count)
        #expect(there.count { $0 == Envelope.initiationSize } == 1)
        #expect(there.allSatisfy { $0 <= 64 || $0 == Envelope.initiationSize })
        #expect(MovingTests.endpoint(slot, in: lab) == other.endpoint, "not yet validated")
        let third = elsewhere.with(port: 41_001)
        lab.inject(punch, from: third)
        #expect(!lab.sent.contains { $0.to == third })
        let probe = try #require(MovingTests.question(to: elsewhere, other, in: lab))
        MovingTests.say(MovingTests.answer(probe), other, from: elsewhere, to: lab)
        #expect(MovingTests.endpoint(slot, in: lab) == elsewhere)
    }

    @Test("who looks for us because we have moved hears us at once, and nobody else does")
    func sought() throws {
        let (lab, other, elsewhere, _) = try MovingTests.lab()
        let (introduction, punch) = try MovingTests.introduction(78, to: other, at: other.endpoint)
        // The first one tells where it is, the second one nothing new.
        lab.say(.introduce(introduction), as: lab.tracker)
        lab.sent.removeAll()
        var again = introduction
        again.number = 79
        lab.say(.introduce(again), as: lab.tracker)
        #expect(!lab.sent.contains { $0.to == other.endpoint && $0.bytes.count == Punch.size })
        lab.sent.removeAll()
        lab.inject(
            try MovingTests.introduction(79, to: other, at: other.endpoint).punch,
            from: other.endpoint
        )
        #expect(lab.sent.contains { $0.to == other.endpoint && $0.bytes.count != Punch.size })
        lab.inject(punch, from: elsewhere.with(port: 41_002))
        #expect(
            !lab.sent.contains {
                $0.bytes.count == Envelope.initiationSize && $0.to == other.endpoint
            }
        )
        #expect(lab.peer.meetings.violations == 0)
    }

    @Test("asked whether it has moved it tells its tracker at once")
    func tells() throws {
        let lab = try Lab()
        func hasReport() -> Bool {
            lab.tracker.inbox.contains { if case .report = $0 { true } else { false } }
        }
        // A newcomer reports often; later there is nearly a second between two reports.
        lab.join(source: lab.puppet(1))
        lab.run(for: .seconds(3))
        lab.say(.summary(Summary(viewers: 2, mediaRate: 0, missedPermille: 0)), as: lab.tracker)
        lab.tracker.inbox.removeAll()
        for _ in 0..<20 where !hasReport() { lab.run(for: .milliseconds(100)) }
        let other = lab.puppet(2)
        lab.connect(other)
        lab.tracker.inbox.removeAll()
        lab.run(for: .milliseconds(450))
        #expect(!hasReport())
        let nonce = Probe(sentAt: Instant(nanoseconds: 1 << 62 | 5))
        MovingTests.say(.probe(nonce), other, from: other.endpoint, to: lab)
        lab.run(for: .milliseconds(120))
        #expect(hasReport())
    }

    @Test("an old datagram from elsewhere asks nothing")
    func replay() throws {
        let (lab, other, elsewhere, _) = try MovingTests.lab()
        let old = other.say([.probe(Probe(sentAt: lab.now))], to: lab.identity.id, now: lab.now)
        MovingTests.say(.probe(Probe(sentAt: lab.now)), other, from: other.endpoint, to: lab)
        lab.sent.removeAll()
        for one in old { lab.inject(one.bytes, from: elsewhere) }
        #expect(!lab.sent.contains { $0.to == elsewhere })
    }
}
