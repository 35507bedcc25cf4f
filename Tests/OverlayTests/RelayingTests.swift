import Basics
import Paths
import Secrecy
import Telemetry
import Testing
import Wire

@testable import Overlay

/// A neighbour that only the tracker can reach.
@Suite("Relaying")
struct RelayingTests {
    private static let ticket: UInt64 = 0x0102_0304_0506_0708

    /// A lab whose peer was offered a relay to a puppet, as the one that opens the session.
    private static func offered() throws -> (lab: Lab, far: Puppet) {
        let lab = try Lab()
        let far = Puppet(9, .peer, channel: lab.channel)
        lab.join(source: lab.puppet(1))
        var offer = Introduction(
            number: 5,
            token: Bytes([UInt8](repeating: 5, count: 16)),
            part: .initiator,
            contact: far.contact
        )
        offer.relay = ticket
        lab.sent.removeAll()
        lab.say(.introduce(offer), as: lab.tracker)
        return (lab, far)
    }

    /// What the peer has sent through the relay, unwrapped.
    private static func passed(_ lab: Lab) -> [[UInt8]] {
        lab.sent.filter { $0.to == lab.tracker.endpoint }
            .compactMap { Relayed(parsing: Bytes($0.bytes)) }
            .filter { $0.ticket == ticket }.map(\.datagram.array)
    }

    /// Lets the puppet answer to what has come through the relay.
    private static func answer(_ lab: Lab, _ far: Puppet, from place: Endpoint? = nil) {
        let came = passed(lab)
        lab.sent.removeAll()
        for datagram in came {
            for one in far.receive(datagram, from: .relayed(by: 77), now: lab.now) {
                let wrapped = Relayed.wrap(one.bytes, ticket: RelayingTests.ticket, for: .peer)
                lab.inject(wrapped, from: place ?? lab.tracker.endpoint)
            }
        }
    }

    @Test("the session goes through the tracker, sealed from end to end, and no punch to anybody")
    func session() throws {
        let (lab, far) = try RelayingTests.offered()
        #expect(!lab.sent.contains { $0.to == far.endpoint })
        #expect(RelayingTests.passed(lab).first?.count == Envelope.initiationSize)
        #expect(lab.sent.allSatisfy { $0.bytes.count <= 1_209 })
        RelayingTests.answer(lab, far)
        let row = try #require(
            lab.peer.snapshot(at: lab.now).peers.first { $0.id == far.id.description }
        )
        #expect(row.path == "relayed")
        #expect(lab.peer.meetings.relayed == 1)
        RelayingTests.answer(lab, far)
        #expect(far.inbox.contains { if case .probe = $0 { true } else { false } })
    }

    @Test(
        "what claims to come through a relay comes from that tracker with that ticket, or not at all"
    )
    func forged() throws {
        let (lab, far) = try RelayingTests.offered()
        let before = lab.peer.meetings.dropped
        RelayingTests.answer(lab, far, from: lab.tracker.endpoint.with(port: 9))
        #expect(lab.peer.meetings.relayed == 0)
        lab.inject(Relayed.wrap([1, 2, 3], ticket: 1, for: .peer), from: lab.tracker.endpoint)
        lab.inject(
            Relayed.wrap([], ticket: RelayingTests.ticket, for: .peer),
            from: lab.tracker.endpoint
        )
        lab.inject([0x21], from: .relayed(by: RelayingTests.ticket))
        #expect(lab.peer.meetings.dropped >= before + 4)
    }

    @Test("who is met directly later moves there")
    func shortened() throws {
        let (lab, far) = try RelayingTests.offered()
        RelayingTests.answer(lab, far)
        RelayingTests.answer(lab, far)
        for _ in 0..<2 {
            for one in far.say([.probe(Probe(sentAt: lab.now))], to: lab.identity.id, now: lab.now)
            {
                let wrapped = Relayed.wrap(one.bytes, ticket: RelayingTests.ticket, for: .peer)
                lab.inject(wrapped, from: lab.tracker.endpoint)
            }
        }
        lab.run(for: .milliseconds(10))
        lab.sent.removeAll()
        let token = try #require(PunchToken(Bytes([UInt8](repeating: 6, count: 16))))
        let direct = Introduction(
            number: 6,
            token: token.bytes,
            part: .initiator,
            contact: far.contact
        )
        lab.say(.introduce(direct), as: lab.tracker)
        let punch = Punch.emit(
            introduction: 6,
            sender: far.id,
            token: token,
            service: .peer,
            suite: .standIn
        )
        lab.inject(punch, from: far.endpoint)
        let asked = lab.sent.filter { $0.to == far.endpoint && $0.bytes.count != Punch.size }
        #expect(asked.map(\.bytes.count) == [Envelope.initiationSize], "a stranger there so far")
        #expect(lab.peer.meetings.relayed == 1, "not before it has answered")
        for question in asked {
            for answer in far.receive(question.bytes, from: lab.endpoint, now: lab.now) {
                lab.inject(answer.bytes, from: far.endpoint)
            }
        }
        #expect(lab.peer.meetings.relayed == 0)
    }
}
