import Basics
import Secrecy
import Telemetry
import Testing
import Wire

@testable import Overlay

/// Introductions by neighbours, while no tracker answers.
@Suite("Mutual introductions")
struct MutualTests {
    private static func introduction(
        _ number: UInt8,
        _ puppet: Puppet,
        _ part: Introduction.Part
    ) -> Introduction {
        Introduction(
            number: UInt64(number),
            token: Bytes([UInt8](repeating: number, count: 16)),
            part: part,
            contact: puppet.contact
        )
    }

    /// Introduces a puppet by the tracker and lets it connect, as neighbours come to be.
    private static func befriend(
        _ puppet: Puppet,
        _ lab: Lab,
        traits: NatOutlook.Traits = []
    ) throws {
        var one = introduction(200, puppet, .responder)
        one.number = UInt64(puppet.id.value)
        one.far = NatOutlook(.usual, newestPort: 4_000, insidePort: 4_000, traits: traits)
        lab.say(.introduce(one), as: lab.tracker)
        let call = puppet.call(lab.identity.publicKey, at: lab.endpoint, now: lab.now)
        lab.put(call, from: puppet)
        lab.say(.probe(Probe(sentAt: lab.now)), as: puppet)
        // Who is asked for stripes and does not answer is given up.
        lab.accept(puppet)
        puppet.inbox.removeAll()
    }

    private static func seeks(_ puppet: Puppet) -> [Seek] {
        puppet.inbox.compactMap { if case .seek(let seek) = $0 { seek } else { nil } }
    }

    private static func introductions(_ puppet: Puppet) -> [Introduction] {
        puppet.inbox.compactMap { if case .introduce(let one) = $0 { one } else { nil } }
    }

    @Test("who has no tracker any more asks a neighbour, and follows what it says")
    func seeking() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let (friend, stranger) = (lab.puppet(2), lab.puppet(3))
        try MutualTests.befriend(friend, lab)
        lab.say(.introduce(MutualTests.introduction(7, stranger, .initiator)), as: friend)
        #expect(stranger.punches.isEmpty, "a tracker is there")
        lab.remove(lab.tracker)
        for _ in 0..<100 {
            lab.run(for: .milliseconds(100))
            // Who does not answer is given up.
            lab.accept(friend)
            lab.say(.probe(Probe(sentAt: lab.now)), as: friend)
        }
        let seek = try #require(MutualTests.seeks(friend).first)
        #expect(seek.known == [friend.id])
        lab.say(.introduce(MutualTests.introduction(8, stranger, .initiator)), as: friend)
        #expect(stranger.punches.count == 1)
    }

    @Test("nobody is asked while the tracker answers")
    func silent() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let friend = lab.puppet(2)
        try MutualTests.befriend(friend, lab)
        for _ in 0..<8 {
            lab.run(for: .seconds(1))
            lab.say(.summary(Summary(viewers: 1, mediaRate: 0, missedPermille: 0)), as: lab.tracker)
        }
        #expect(MutualTests.seeks(friend).isEmpty)
    }

    @Test(
        "a neighbour that asks is introduced to those that it does not know, each told of the other"
    )
    func introducing() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let puppets = (2...4).map { lab.puppet($0) }
        for puppet in puppets { try MutualTests.befriend(puppet, lab) }
        lab.say(.seek(Seek(known: [puppets[1].id])), as: puppets[0])
        let toAsker = try #require(MutualTests.introductions(puppets[0]).first)
        let toOther = try #require(MutualTests.introductions(puppets[2]).first)
        #expect(MutualTests.introductions(puppets[1]).isEmpty)
        #expect(toAsker.part == .initiator && toOther.part == .responder)
        #expect(toAsker.number == toOther.number && toAsker.token == toOther.token)
        #expect(toAsker.contact == puppets[2].contact && toOther.contact == puppets[0].contact)
        lab.say(.seek(Seek(known: [])), as: puppets[0])
        #expect(MutualTests.introductions(puppets[0]).count == 1, "no more than one a second")
    }

    @Test("who hides its address is introduced to nobody, and introduces itself to nobody")
    func secluded() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let (hidden, other) = (lab.puppet(2), lab.puppet(3))
        try MutualTests.befriend(hidden, lab, traits: .secluded)
        try MutualTests.befriend(other, lab)
        lab.say(.seek(Seek(known: [])), as: other)
        lab.say(.seek(Seek(known: [])), as: hidden)
        #expect(MutualTests.introductions(other).isEmpty)
        #expect(MutualTests.introductions(hidden).isEmpty)
    }

    @Test("a neighbour that introduces without end makes us punch a few, and the rest is counted")
    func flood() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let friend = lab.puppet(2)
        try MutualTests.befriend(friend, lab)
        let strangers = (10..<30).map { lab.puppet($0) }
        for (number, stranger) in strangers.enumerated() {
            let one = MutualTests.introduction(UInt8(number), stranger, .responder)
            lab.say(.introduce(one), as: friend)
        }
        lab.run(for: .seconds(3))
        #expect(strangers.count { !$0.punches.isEmpty } == 6)
        #expect(strangers.allSatisfy { $0.punches.count <= 6 })
        #expect(lab.peer.meetings.violations >= 14)
    }
}
