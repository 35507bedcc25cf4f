import Basics
import Secrecy
import Telemetry
import Testing
import Wire

@testable import Overlay

/// How a peer comes into its swarm and to its neighbours.
@Suite("Joining")
struct JoiningTests {
    private func introduction(_ puppet: Puppet, _ part: Introduction.Part) -> Introduction {
        Introduction(
            number: 77,
            token: Bytes([UInt8](repeating: 9, count: 16)),
            part: part,
            contact: puppet.contact
        )
    }

    private func punch(_ puppet: Puppet, token: UInt8 = 9) throws -> [UInt8] {
        let token = try #require(PunchToken(Bytes([UInt8](repeating: token, count: 16))))
        return Punch.emit(
            introduction: 77,
            sender: puppet.id,
            token: token,
            service: .peer,
            suite: .standIn
        )
    }

    @Test("asks the tracker for its key, opens a session and joins")
    func join() throws {
        let lab = try Lab()
        lab.run(for: .milliseconds(10))
        #expect(lab.tracker.datagrams.first?.kind == .discover)
        #expect(lab.tracker.datagrams.first?.size == 1_200)
        lab.run(for: .milliseconds(300))
        let joins = lab.tracker.inbox.compactMap { message -> Join? in
            if case .join(let join) = message { join } else { nil }
        }
        #expect(joins.first?.channel == lab.channel && joins.first?.role == .viewer)
    }

    @Test("joins again until it is welcome, reports often while nobody feeds it, then every second")
    func repeats() throws {
        let lab = try Lab()
        let source = lab.puppet(1)
        lab.run(for: .seconds(1))
        let before = lab.tracker.inbox.count
        #expect(before >= 3)
        lab.join(source: source)
        func reports(within span: TimeSpan) -> Int {
            lab.tracker.inbox.removeAll()
            lab.run(for: span)
            return lab.tracker.inbox.count { if case .report = $0 { true } else { false } }
        }
        #expect((5...7).contains(reports(within: .milliseconds(1_900))), "3 s since it joined")
        #expect(!lab.tracker.inbox.contains { if case .join = $0 { true } else { false } })
        lab.run(for: .milliseconds(200))
        #expect((3...4).contains(reports(within: .seconds(3))), "the tracker knows by now")
    }

    @Test("follows an introduction with punches, and with a handshake only after one came")
    func punches() throws {
        let lab = try Lab()
        let source = lab.puppet(1)
        lab.join(source: source)
        let other = lab.puppet(2)
        lab.say(.introduce(introduction(other, .initiator)), as: lab.tracker)
        lab.run(for: .milliseconds(900))
        #expect((3...6).contains(other.punches.count))
        #expect(other.datagrams.allSatisfy { $0.kind == .punch && $0.size <= 64 })
        lab.inject(try punch(other), from: other.endpoint)
        #expect(other.datagrams.contains { $0.kind == .initiation })
        #expect(lab.peer.active.count == 1)
    }

    @Test("a responder waits for the other side's handshake")
    func responder() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let other = lab.puppet(2)
        lab.say(.introduce(introduction(other, .responder)), as: lab.tracker)
        lab.inject(try punch(other), from: other.endpoint)
        lab.run(for: .seconds(4))
        #expect(other.datagrams.allSatisfy { $0.kind == .punch })
        #expect(other.punches.count == 6)
    }

    @Test(
        "a responder answers a genuine punch at once, where it came from, and never with a seventh"
    )
    func answers() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let other = lab.puppet(2)
        lab.say(.introduce(introduction(other, .responder)), as: lab.tracker)
        let elsewhere = other.endpoint.with(port: 41_000)
        lab.sent.removeAll()
        lab.inject(try punch(other), from: elsewhere)
        #expect(lab.sent.map(\.to) == [elsewhere])
        lab.run(for: .milliseconds(200))
        let places = lab.sent.filter { $0.bytes.count == Punch.size }.map(\.to)
        #expect(places.count == 3, "two more by the schedule")
        #expect(places.allSatisfy { $0 == elsewhere }, "it goes on where it was heard")
        for _ in 0..<20 { lab.inject(try punch(other), from: elsewhere) }
        lab.run(for: .seconds(4))
        // One punch went out before the first answer.
        #expect(lab.sent.count { $0.bytes.count == Punch.size } == 5)
    }

    @Test("an initiator answers a punch with a handshake alone")
    func initiatorIsSilent() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let other = lab.puppet(2)
        lab.say(.introduce(introduction(other, .initiator)), as: lab.tracker)
        lab.sent.removeAll()
        lab.inject(try punch(other), from: other.endpoint)
        #expect(lab.sent.first?.bytes.count == Envelope.initiationSize)
        #expect(!lab.sent.contains { $0.bytes.count == Punch.size })
    }

    @Test("punches go to the ports that the far NAT will use next")
    func foretold() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let other = lab.puppet(2)
        lab.sent.removeAll()
        var introduction = introduction(other, .responder)
        let apd = NatType.Dependence.addressAndPortDependent
        introduction.near = NatOutlook(.usual, newestPort: 1, insidePort: 2)
        introduction.far = NatOutlook(
            NatType(apd, apd, .contiguous),
            delta: 2,
            newestPort: 30_000,
            insidePort: 5_000
        )
        lab.say(.introduce(introduction), as: lab.tracker)
        lab.run(for: .seconds(4))
        let punches = lab.sent.filter { $0.bytes.count == Punch.size }
        #expect(punches.map(\.to.port) == [30_002, 30_004, 30_006, 30_008, 30_010, 30_012])
        #expect(punches.allSatisfy { $0.to.sharesHost(with: other.endpoint) })
    }

    @Test("behind one address, the peer's own one is tried, and the NAT only if it turns round")
    func oneNetwork() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let inside = Endpoint(ipv4: 0xC0A8_0107, port: 5_000)
        for (number, traits) in [NatOutlook.Traits.hairpins, []].enumerated() {
            let other = lab.puppet(UInt8(2 + number))
            var introduction = introduction(other, .responder)
            introduction.number = UInt64(number)
            let outside = lab.endpoint.with(port: 41_000)
            introduction.contact.candidates = [outside, inside.with(port: UInt16(5_000 + number))]
            introduction.near = NatOutlook(.usual, newestPort: 1, insidePort: 2, traits: traits)
            introduction.far = introduction.near
            lab.sent.removeAll()
            lab.say(.introduce(introduction), as: lab.tracker)
            lab.run(for: .seconds(4))
            let targets = lab.sent.filter { $0.bytes.count == Punch.size }.map(\.to)
            #expect(targets.first == introduction.contact.candidates[1])
            #expect(targets.contains(outside) == (number == 0))
        }
    }

    @Test("a peer that wants its address kept punches nobody but the source")
    func secluded() throws {
        let lab = try Lab(exposure: .sourceOnly)
        let source = lab.puppet(1)
        lab.join(source: source)
        let other = lab.puppet(2)
        lab.say(.introduce(introduction(other, .initiator)), as: lab.tracker)
        var toSource = introduction(source, .initiator)
        toSource.number = 78
        lab.say(.introduce(toSource), as: lab.tracker)
        #expect(other.datagrams.isEmpty)
        #expect(source.punches.count == 1)
        let joins = lab.tracker.inbox.compactMap { message -> Join? in
            if case .join(let join) = message { join } else { nil }
        }
        #expect(joins.allSatisfy { $0.nat?.traits == .secluded && $0.candidates.isEmpty })
    }

    @Test("a punch under another token, or without an introduction, opens nothing")
    func forgedPunch() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let other = lab.puppet(2)
        lab.inject(try punch(other), from: other.endpoint)
        #expect(other.datagrams.isEmpty)
        lab.say(.introduce(introduction(other, .initiator)), as: lab.tracker)
        lab.inject(try punch(other, token: 8), from: other.endpoint)
        lab.run(for: .seconds(1))
        #expect(other.datagrams.allSatisfy { $0.kind == .punch })
    }

    @Test("a plan that overtakes the welcome is kept until the channel's record is there")
    func earlyPlan() throws {
        let lab = try Lab()
        let source = lab.puppet(1)
        lab.run(for: .milliseconds(200))
        lab.plan(1, 0..<8, source)
        lab.connect(source)
        lab.say(.subscribe(Subscribe(stripes: 1, historyAge: nil)), as: source)
        #expect(source.asked == 0, "asked for a stream that it cannot verify")
        #expect(source.answer == Subscribed(accepted: 0, refused: 1))
        lab.join(source: source)
        #expect(source.asked == 0xFF)
    }

    @Test("sends no punch to an address that no peer has")
    func addresses() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        lab.sent.removeAll()
        let bad = [
            Endpoint(ipv4: 0x7F00_0001, port: 5_000), Endpoint(ipv4: 0xE000_0001, port: 5_000),
            Endpoint(ipv4: 0x0808_0808, port: 53), Endpoint(ipv4: 0xA9FE_0101, port: 5_000),
        ]
        for (number, address) in bad.enumerated() {
            var introduction = introduction(lab.puppet(UInt8(10 + number)), .initiator)
            introduction.number = UInt64(number)
            introduction.contact.candidates = [address]
            lab.say(.introduce(introduction), as: lab.tracker)
        }
        lab.run(for: .seconds(3))
        #expect(!lab.sent.contains { bad.contains($0.to) })
    }

    @Test("a peer whose session has fallen silent is met anew, one that speaks is not")
    func silentSession() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let other = lab.puppet(2)
        lab.connect(other)
        lab.say(.introduce(introduction(other, .responder)), as: lab.tracker)
        #expect(other.punches.isEmpty)
        lab.run(for: .seconds(3))
        var again = introduction(other, .responder)
        again.number = 78
        lab.say(.introduce(again), as: lab.tracker)
        #expect(other.punches.count == 1)
    }

    /// Found by `bench swarm --loss 2`: where the welcome was lost, joining took four seconds.
    @Test("an introduction that overtakes the welcome counts, on loopback too")
    func earlyIntroduction() throws {
        let loopback: UInt32 = 0x7F00_0001
        let lab = try Lab(trackerHost: loopback)
        lab.run(for: .milliseconds(200))
        var introduction = introduction(lab.puppet(1), .initiator)
        let near = Endpoint(ipv4: loopback, port: 5_001)
        introduction.contact.candidates = [near]
        lab.say(.introduce(introduction), as: lab.tracker)
        #expect(lab.sent.contains { $0.to == near })
    }

    @Test("a silent tracker is asked rarely, and the user is told")
    func silentTracker() throws {
        let lab = try Lab()
        lab.remove(lab.tracker)
        lab.run(for: .seconds(60))
        #expect(lab.sent.count < 60)
        #expect(lab.events.contains { $0.kind == .tracker && $0.severity == .warning })
    }
}
