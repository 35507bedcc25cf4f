import Basics
import Telemetry
import Testing
import Tracking
import Wire

@Suite("Admission to a swarm")
struct AdmissionTests {
    private let channel = Channel()

    /// A swarm of a source and so many viewers, who come one after the other, 25 a second.
    private func gather(_ viewers: Int, at desk: Desk) -> (source: Client, viewers: [Client]) {
        let clients = (0...viewers).map { Client(UInt8($0 + 1)) }
        for (number, client) in clients.enumerated() {
            client.connect(desk)
            client.say(channel.join(number == 0 ? .source : .viewer), to: desk)
            channel.settle(clients, desk, for: .milliseconds(40))
        }
        return (clients[0], Array(clients.dropFirst()))
    }

    private func report(fedBy parent: PeerID?) -> Message {
        var report = Report()
        report.seats = 8
        report.parents = Array(repeating: parent ?? PeerID(0), count: 8)
        return .report(report)
    }

    @Test("of a crowd that comes at once 64 are taken in, the others when these are fed")
    func crowd() throws {
        let desk = Desk()
        let (source, viewers) = gather(100, at: desk)
        let first = viewers.filter { $0.welcome != nil }
        #expect(first.count == 64)
        #expect(first.map(\.id) == viewers.prefix(64).map(\.id), "in the order in which they came")
        for viewer in viewers.dropFirst(64) {
            let retry = try #require(viewer.retry)
            #expect(retry.reason == .busy && (1_000...8_000).contains(retry.after))
        }
        #expect(try #require(desk.snapshot(of: channel.id)).tracking?.waiting == 36)
        for member in [source] + first { member.say(report(fedBy: nil), to: desk) }
        channel.settle(viewers, desk, for: .milliseconds(200))
        #expect(viewers.count { $0.welcome != nil } == 64, "nobody is fed yet")
        for viewer in first { viewer.say(report(fedBy: source.id), to: desk) }
        channel.settle(viewers, desk, for: .seconds(1))
        #expect(viewers.allSatisfy { $0.welcome != nil }, "without having asked again")
        #expect(try #require(desk.snapshot(of: channel.id)).tracking?.waiting == 0)
    }

    @Test("who leaves the line is not taken in")
    func leaves() throws {
        let desk = Desk()
        let (source, viewers) = gather(66, at: desk)
        viewers[64].say(.goodbye(Goodbye(reason: .leaving)), to: desk)
        for viewer in viewers.prefix(64) { viewer.say(report(fedBy: source.id), to: desk) }
        channel.settle(viewers, desk, for: .seconds(1))
        #expect(viewers[64].welcome == nil && viewers[65].welcome != nil)
    }

    @Test(
        "members report more rarely where the tracker's uplink is thin, and count as long as present"
    )
    func rareReports() throws {
        var configuration = TrackerConfiguration()
        configuration.uploadCap = BitRate(bitsPerSecond: 100_000)
        let desk = Desk(configuration)
        let (source, viewers) = gather(60, at: desk)
        viewers[0].inbox.removeAll()
        viewers[0].say(report(fedBy: source.id), to: desk)
        let summary = viewers[0].inbox.compactMap { message -> Summary? in
            if case .summary(let summary) = message { summary } else { nil }
        }.last
        // A sixteenth of 100 kbit/s carries eleven summaries a second.
        #expect(try #require(summary).reportInterval == 6)
        source.inbox.removeAll()
        source.say(report(fedBy: nil), to: desk)
        #expect(
            source.inbox.contains {
                if case .summary(let one) = $0 { one.reportInterval == 1 } else { false }
            }
        )
        // Six times as long as members that report every second.
        for second in 1...24 {
            source.say(report(fedBy: nil), to: desk)
            channel.settle(viewers, desk, for: .seconds(1))
            let present = try #require(desk.snapshot(of: channel.id)).peers.map(\.id)
            #expect(present.contains(viewers[0].id.description), "after \(second) s")
        }
    }
}
