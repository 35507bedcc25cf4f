import Basics
import Secrecy
import Telemetry
import Testing
import Wire

@testable import Overlay

/// What an introduction can make a peer do to others (SECURITY 2.7).
@Suite("Introductions")
struct IntroductionTests {
    private static func introduction(
        _ number: UInt64,
        _ puppet: Puppet,
        at candidates: [Endpoint]? = nil,
        _ part: Introduction.Part = .initiator
    ) -> Introduction {
        Introduction(
            number: number,
            token: Bytes([UInt8](repeating: 9, count: 16)),
            part: part,
            contact: Contact(
                key: Bytes(puppet.identity.publicKey),
                candidates: candidates ?? [puppet.endpoint]
            )
        )
    }

    private static func punch(_ number: UInt64, _ sender: PeerID) throws -> [UInt8] {
        let token = try #require(PunchToken(Bytes([UInt8](repeating: 9, count: 16))))
        return Punch.emit(
            introduction: number,
            sender: sender,
            token: token,
            service: .peer,
            suite: .standIn
        )
    }

    /// A peer that has joined, and is seen at a public address.
    private static func lab() throws -> Lab {
        let lab = try Lab()
        let source = lab.puppet(1)
        lab.run(for: .milliseconds(300))
        let welcome = Welcome(
            observed: Endpoint(ipv4: 0xCB00_7109, port: 5_000),
            record: lab.record,
            source: source.id,
            reportInterval: 1
        )
        lab.say(.welcome(welcome), as: lab.tracker)
        lab.sent.removeAll()
        return lab
    }

    static let unfit: [(String, Endpoint)] = [
        ("loopback", Endpoint(ipv4: 0x7F00_0001, port: 5_000)),
        ("this network", Endpoint(ipv4: 0x0000_0001, port: 5_000)),
        ("link-local", Endpoint(ipv4: 0xA9FE_0101, port: 5_000)),
        ("multicast", Endpoint(ipv4: 0xE000_0001, port: 5_000)),
        ("reserved", Endpoint(ipv4: 0xF000_0001, port: 5_000)),
        ("broadcast", Endpoint(ipv4: 0xFFFF_FFFF, port: 5_000)),
        ("port 0", Endpoint(ipv4: 0x0808_0808, port: 0)),
        ("port 53", Endpoint(ipv4: 0x0808_0808, port: 53)),
        ("port 1023", Endpoint(ipv4: 0x0808_0808, port: 1_023)),
        ("our own", Endpoint(ipv4: 0xCB00_7109, port: 5_000)),
        ("IPv6 unspecified", Endpoint(high: 0, low: 0, port: 5_000)),
        ("IPv6 loopback", Endpoint(high: 0, low: 1, port: 5_000)),
        ("IPv6 link-local", Endpoint(high: 0xFE80 << 48, low: 1, port: 5_000)),
        ("IPv6 multicast", Endpoint(high: 0xFF02 << 48, low: 1, port: 5_000)),
        ("IPv6 discard", Endpoint(high: 0x0100 << 48, low: 1, port: 5_000)),
    ]

    @Test("nothing is ever sent to an address that no peer can have", arguments: unfit)
    func refused(name: String, place: Endpoint) throws {
        let lab = try IntroductionTests.lab()
        let one = IntroductionTests.introduction(7, lab.puppet(2), at: [place])
        lab.say(.introduce(one), as: lab.tracker)
        lab.run(for: .seconds(4))
        #expect(!lab.sent.contains { $0.to == place })
        #expect(lab.peer.meetings.introductionsRefused == 1)
    }

    @Test("a stranger that one is introduced to gets at most 6 punches of at most 64 bytes")
    func stranger() throws {
        let lab = try IntroductionTests.lab()
        let victim = Endpoint(ipv4: 0x0808_0808, port: 5_353)
        let one = IntroductionTests.introduction(7, lab.puppet(2), at: [victim])
        lab.say(.introduce(one), as: lab.tracker)
        lab.run(for: .seconds(20))
        let there = lab.sent.filter { $0.to == victim }
        #expect((1...6).contains(there.count))
        #expect(there.allSatisfy { $0.bytes.count <= 64 })
    }

    @Test("a flood of introductions to one victim is followed three times in ten seconds")
    func flood() throws {
        let lab = try IntroductionTests.lab()
        let victim = Endpoint(ipv4: 0x0808_0808, port: 5_353)
        for number in 0..<50 {
            let one = IntroductionTests.introduction(
                UInt64(number),
                lab.puppet(UInt8(number + 2)),
                at: [victim]
            )
            lab.say(.introduce(one), as: lab.tracker)
            lab.run(for: .milliseconds(100))
        }
        lab.run(for: .seconds(4))
        #expect((1...18).contains(lab.sent.count { $0.to == victim }))
        #expect(lab.peer.meetings.introductionsRefused == 47)
    }

    @Test("a token serves the peer that it was made for, and nobody once the session stands")
    func tokens() throws {
        let lab = try IntroductionTests.lab()
        let (other, thief) = (lab.puppet(2), lab.puppet(3))
        lab.say(.introduce(IntroductionTests.introduction(7, other)), as: lab.tracker)
        lab.inject(try IntroductionTests.punch(7, thief.id), from: thief.endpoint)
        lab.inject(try IntroductionTests.punch(8, other.id), from: thief.endpoint)
        #expect(thief.datagrams.isEmpty)
        #expect(lab.peer.meetings.punchesRefused == 2)
        lab.inject(try IntroductionTests.punch(7, other.id), from: other.endpoint)
        #expect(lab.peer.active.count == 1)
        lab.inject(try IntroductionTests.punch(7, other.id), from: thief.endpoint)
        lab.run(for: .seconds(3))
        #expect(thief.datagrams.isEmpty, "used twice")
        #expect(lab.peer.meetings.punchesRefused == 2, "its last punches may come late")
    }

    @Test(
        "a port that can be foretold later is not spent in ignorance",
        arguments: [
            (NatType.usual, 0...0), (.open, 1...6), (IntroductionTests.addressBound, 1...6),
        ]
    )
    func provisional(other: NatType, punches: ClosedRange<Int>) throws {
        let lab = try IntroductionTests.lab()
        let apd = NatType.Dependence.addressAndPortDependent
        let own = NatOutlook(
            NatType(apd, apd, .preserving),
            newestPort: 4_000,
            insidePort: 5_000,
            traits: .provisional
        )
        lab.peer.learn(own, at: lab.now)
        let place = Endpoint(ipv4: 0x0808_0808, port: 5_353)
        var one = IntroductionTests.introduction(7, lab.puppet(2), at: [place])
        one.near = own
        one.far = NatOutlook(other, newestPort: 5_353, insidePort: 5_353)
        lab.say(.introduce(one), as: lab.tracker)
        lab.run(for: .seconds(4))
        #expect(punches.contains(lab.sent.count { $0.to == place }))
        var complete = own
        complete.traits = []
        complete.type.allocation = .contiguous
        lab.peer.learn(complete, at: lab.now)
        (one.number, one.near) = (8, complete)
        lab.say(.introduce(one), as: lab.tracker)
        lab.run(for: .seconds(4))
        #expect(lab.sent.contains { $0.to == place })
    }

    private static let addressBound = NatType(
        .endpointIndependent,
        .addressDependent,
        .preserving
    )
}
