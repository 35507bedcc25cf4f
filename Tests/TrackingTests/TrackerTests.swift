import Basics
import Secrecy
import Telemetry
import Testing
import Tracking
import Wire

@Suite("Tracker")
struct TrackerTests {
    private let channel = Channel()

    @Test("takes the source in, then viewers, and tells them the channel's record")
    func joins() throws {
        let desk = Desk()
        let (source, viewers) = channel.gather(2, at: desk)
        let welcome = try #require(viewers[1].welcome)
        #expect(welcome.observed == viewers[1].endpoint)
        #expect(welcome.source == source.id)
        #expect(welcome.record?.signature == channel.record().signature)
        let snapshot = try #require(desk.snapshot(of: channel.id))
        #expect(snapshot.viewers == 2)
        #expect(snapshot.peers.map(\.role) == ["source", "viewer", "viewer"])
    }

    @Test("viewers wait while there is no source")
    func noSource() {
        let desk = Desk()
        let viewer = Client(9)
        viewer.connect(desk)
        viewer.say(channel.join(.viewer), to: desk)
        #expect(viewer.welcome == nil)
        #expect(viewer.retry?.reason == .sourceOffline)
    }

    @Test("refuses a source without the authority's word, and one of an older epoch")
    func badSource() throws {
        let desk = Desk()
        let liar = Client(9)
        liar.connect(desk)
        var join = Join(channel: channel.id, role: .source, name: "", candidates: [])
        liar.say(.join(join), to: desk)
        #expect(liar.retry?.reason == .refused)
        var record = channel.record()
        record.epoch = 5
        join.record = record
        liar.say(.join(join), to: desk)
        #expect(liar.welcome == nil, "a record whose signature is for another epoch")
        let (_, _) = channel.gather(0, at: desk)
        liar.inbox.removeAll()
        liar.say(channel.join(.source, epoch: 0), to: desk)
        #expect(liar.retry?.reason == .refused)
    }

    @Test("refuses a second source of the same epoch, and takes one of a later epoch instead")
    func twoSources() throws {
        let desk = Desk()
        let (source, viewers) = channel.gather(1, at: desk)
        let other = Client(40)
        other.connect(desk)
        other.say(channel.join(.source), to: desk)
        #expect(other.retry?.reason == .refused)
        other.say(channel.join(.source, epoch: 2), to: desk)
        #expect(other.welcome?.source == other.id)
        viewers[0].inbox.removeAll()
        other.say(channel.join(.source, epoch: 3), to: desk)
        viewers[0].take(desk.sent, at: desk.now)
        #expect(viewers[0].welcome?.record?.epoch == 3)
        let rows = try #require(desk.snapshot(of: channel.id)).peers
        #expect(!rows.contains { $0.id == source.id.description })
    }

    @Test("refuses other channels than the only one that it serves")
    func onlyChannel() {
        var configuration = TrackerConfiguration()
        configuration.channel = channel.id
        let desk = Desk(configuration)
        let stranger = Client(9)
        stranger.connect(desk)
        stranger.say(Channel(2).join(.source), to: desk)
        #expect(stranger.retry?.reason == .refused)
        #expect(desk.snapshot(of: nil) == nil)
    }

    @Test("tells every viewer a parent for every stripe, and never itself")
    func plans() {
        let desk = Desk()
        let (source, viewers) = channel.gather(6, at: desk)
        let members = Set([source.id] + viewers.map(\.id))
        for viewer in viewers {
            let parents = viewer.parents
            #expect(parents.keys.sorted() == Array(0..<8))
            #expect(parents.values.allSatisfy { members.contains($0) && $0 != viewer.id })
        }
        for stripe in UInt8(0)..<8 {
            // Following the parents from anywhere leads to the source.
            for viewer in viewers {
                var (at, steps) = (viewer.id, 0)
                while at != source.id, steps <= viewers.count {
                    at = viewers.first { $0.id == at }?.parents[stripe] ?? source.id
                    steps += 1
                }
                #expect(at == source.id, "a loop in stripe \(stripe)")
            }
        }
        #expect(source.parents.isEmpty)
    }

    @Test("introduces both sides of a pair with one token, and only one of them begins")
    func introduces() throws {
        let desk = Desk()
        let (source, viewers) = channel.gather(5, at: desk)
        let clients = [source] + viewers
        for viewer in viewers {
            for parent in Set(viewer.parents.values) {
                let own = viewer.introductions.first { $0.contact.id == parent }
                let other = clients.first { $0.id == parent }?.introductions
                    .first { $0.contact.id == viewer.id }
                guard let own, let other else {
                    Issue.record("\(viewer.id) was not introduced to \(parent)")
                    continue
                }
                #expect(own.number == other.number && own.token == other.token)
                #expect(own.part != other.part)
                #expect(own.contact.candidates.first == clients.first { $0.id == parent }?.endpoint)
            }
        }
        let tokens = clients.flatMap(\.introductions).map(\.token)
        #expect(Set(tokens).count * 2 == tokens.count, "a token was used twice")
    }

    @Test(
        "introduces a newcomer that nobody feeds again at its next report, though not at each one"
    )
    func introducesAgain() throws {
        let desk = Desk()
        let (source, viewers) = channel.gather(2, at: desk)
        let newcomer = viewers[1]
        func reportHunger() -> Set<UInt64> {
            let before = Set(newcomer.introductions.map(\.number))
            var report = Report()
            report.parents = Array(repeating: PeerID(0), count: 8)
            report.planNumber = .max
            newcomer.say(.report(report), to: desk)
            channel.settle([source] + viewers, desk, for: .milliseconds(20))
            return Set(newcomer.introductions.map(\.number)).subtracting(before)
        }
        #expect(reportHunger().isEmpty, "they may be on their way")
        channel.settle([source] + viewers, desk, for: .milliseconds(300))
        let again = reportHunger()
        #expect(again.count == Set(newcomer.parents.values).count)
        let others = ([source] + viewers).flatMap(\.introductions)
        #expect(again.allSatisfy { number in others.count { $0.number == number } == 2 })
        #expect(reportHunger().isEmpty, "they were sent a moment ago")
    }

    @Test("does not introduce a newcomer again that is fed")
    func introducesFedOnce() {
        let desk = Desk()
        let (source, viewers) = channel.gather(2, at: desk)
        channel.settle([source] + viewers, desk, for: .milliseconds(400))
        let before = viewers[1].introductions.count
        var report = Report()
        report.parents = Array(repeating: source.id, count: 8)
        report.planNumber = .max
        viewers[1].say(.report(report), to: desk)
        channel.settle([source] + viewers, desk, for: .milliseconds(20))
        #expect(viewers[1].introductions.count == before)
    }

    @Test("a member that says goodbye is nobody's parent any more")
    func goodbye() throws {
        let desk = Desk()
        let (source, viewers) = channel.gather(6, at: desk)
        let parents = viewers.flatMap(\.parents.values)
        let gone = try #require(
            viewers.max { left, right in
                parents.count { $0 == left.id } < parents.count { $0 == right.id }
            }
        )
        gone.say(.goodbye(Goodbye(reason: .leaving)), to: desk)
        channel.settle([source] + viewers, desk)
        for viewer in viewers where viewer.id != gone.id {
            #expect(!viewer.parents.values.contains(gone.id))
        }
        #expect(desk.snapshot(of: channel.id)?.viewers == 5)
    }

    @Test("forgets members that fall silent, and keeps those that report")
    func silence() {
        let desk = Desk()
        let (source, viewers) = channel.gather(3, at: desk)
        for _ in 0..<12 {
            desk.run(for: .milliseconds(500))
            for client in [source, viewers[1]] { client.say(.report(Report()), to: desk) }
        }
        #expect(desk.snapshot(of: channel.id)?.viewers == 1)
    }

    @Test(
        "sends nobody to viewers that have fallen silent at once, long before they are forgotten",
        arguments: [(3, true), (1, false)]
    )
    func silenceOfMany(silent: Int, isMass: Bool) {
        let desk = Desk()
        let (source, viewers) = channel.gather(8, at: desk)
        for _ in 0..<6 {
            desk.run(for: .milliseconds(500))
            var report = Report()
            report.seats = 16
            for client in [source] + viewers.dropFirst(silent) {
                client.say(.report(report), to: desk)
            }
        }
        let newcomer = Client(30)
        newcomer.connect(desk)
        newcomer.say(channel.join(.viewer), to: desk)
        channel.settle([source, newcomer] + viewers, desk)
        #expect(newcomer.parents.count == 8)
        let lost = Set(viewers.prefix(silent).map(\.id))
        let left = viewers.dropFirst(silent)
        let isSentThere = left.contains { $0.parents.values.contains { lost.contains($0) } }
        #expect(isSentThere != isMass, "one that is silent keeps its children")
        if isMass { #expect(!newcomer.parents.values.contains { lost.contains($0) }) }
        #expect(desk.snapshot(of: channel.id)?.viewers == 9, "nobody is forgotten yet")
    }

    @Test("a snapshot tells who played how much, and how long ago each member was heard")
    func figures() throws {
        let desk = Desk()
        let (source, viewers) = channel.gather(2, at: desk)
        let relay = Client(20)
        relay.connect(desk)
        relay.say(channel.join(.relay), to: desk)
        var report = Report()
        (report.chunksDue, report.chunksInTime) = (200, 150)
        for client in [source, viewers[0], relay] { client.say(.report(report), to: desk) }
        let heardAt = desk.now
        desk.run(for: .milliseconds(400))
        viewers[1].say(.report(Report()), to: desk)
        let snapshot = try #require(desk.snapshot(of: channel.id))
        func row(_ client: Client) throws -> PeerRow {
            try #require(snapshot.peers.first { $0.id == client.id.description })
        }
        #expect(snapshot.madeAt == Double(desk.now.nanoseconds) / 1e9)
        #expect(try row(viewers[0]).chunksDue == 200 && row(viewers[0]).chunksInTime == 150)
        #expect(try row(viewers[0]).lastS == (desk.now - heardAt).seconds)
        #expect(try row(viewers[1]).chunksDue == 0 && row(viewers[1]).lastS == 0)
        for client in [source, relay] {
            #expect(try row(client).chunksDue == nil && row(client).chunksInTime == nil)
        }
    }

    @Test("tells a plan again when it does not come true")
    func repeats() {
        let desk = Desk()
        let (source, viewers) = channel.gather(2, at: desk)
        viewers[0].inbox.removeAll()
        for _ in 0..<8 {
            for client in [source] + viewers {
                var report = Report()
                report.seats = 16
                // The first has no parent at all; the second has what it was told.
                if client === viewers[1] {
                    report.parents = (0..<8).map { client.parents[UInt8($0)] ?? PeerID(0) }
                } else if client === viewers[0] {
                    report.parents = Array(repeating: PeerID(0), count: 8)
                }
                client.say(.report(report), to: desk)
            }
            channel.settle([source] + viewers, desk, for: .milliseconds(500))
        }
        #expect(viewers[0].parents.count == 8)
    }

    @Test("weighs what the viewers need against what all offer")
    func balance() throws {
        let desk = Desk()
        let (source, viewers) = channel.gather(2, at: desk)
        #expect(desk.snapshot(of: channel.id)?.rescue.load == nil)
        for second in 0..<4 {
            for client in [source] + viewers {
                var report = Report()
                report.seats = client === source ? 6 : 1
                report.mediaBytesIn = UInt64(second) * 125_000
                client.say(.report(report), to: desk)
            }
            channel.settle([source] + viewers, desk, for: .seconds(1))
        }
        // 16 seats are needed; 8 are offered, and nobody has set a cap.
        let rescue = try #require(desk.snapshot(of: channel.id)?.rescue)
        #expect(rescue.load == 1)
        #expect(rescue.demandBps == rescue.capacityBps)
        #expect(try #require(rescue.demandBps) > 2_000_000)
        #expect(rescue.state == nil && rescue.rescuers.isEmpty)
    }

    @Test("a stranger's report is answered with a goodbye, so that it joins again")
    func unknownMember() {
        let desk = Desk()
        let stranger = Client(30)
        stranger.connect(desk)
        stranger.say(.report(Report()), to: desk)
        #expect(stranger.inbox == [.goodbye(Goodbye(reason: .unneeded))])
    }

    @Test("says goodbye to all members when it leaves")
    func leaves() {
        let desk = Desk()
        let (source, viewers) = channel.gather(2, at: desk)
        let sent = desk.leave()
        for client in [source] + viewers {
            client.take(sent, at: desk.now)
            #expect(client.inbox.last == .goodbye(Goodbye(reason: .leaving)))
        }
    }
}
