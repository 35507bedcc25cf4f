import Telemetry
import Testing

@testable import Dashboard

/// The sentence over series of snapshots: minutes of health, then a fault, then its end.
@Suite struct WhySeriesTests {
    private static let cases: [(SwarmPlay.Fault, SwarmPlay.Side, WhySentence.Rule, [String])] = [
        (.ownMachine, .viewer, .ownMachine, ["too busy: Candela waits 140 ms", "close other"]),
        (.ownLoss, .viewer, .ownLoss, ["your network loses 5.0%", "cable"]),
        (.ownDelay, .viewer, .ownDelay, ["your network's delay rose", "pause other transfers"]),
        (.ownDownload, .viewer, .ownDownload, ["your download brings 1.2 Mbit/s", "stop other"]),
        (.ownUplink, .viewer, .ownUplink, ["your uplink is full", "close other uploads"]),
        (.ownParents, .viewer, .ownParents, ["2 of 8 stripes have no parent here", "asked"]),
        (.ownLate, .viewer, .ownLate, ["of your chunks came in time", "better ones"]),
        (.ownBuffer, .viewer, .ownBuffer, ["your buffer is down to 0.14s of 1.00s", "--latency"]),
        (.noInput, .source, .noInput, ["your input brings no media", "check the encoder"]),
        (.sourceSilent, .viewer, .sourceSilent, ["the source sends nothing", "returns when"]),
        (.isolated, .viewer, .isolated, ["you reach no other peer", "candela doctor"]),
        (.sourceSag, .viewer, .sourceSag, ["the source sends 900 kbit/s instead of 3.", "tell"]),
        (.sourceSag, .source, .sourceSag, ["your input sends 900 kbit/s", "check the encoder"]),
        (.loadedSource, .source, .loadedSource, ["the source feeds almost", "--up above 0"]),
        (.worstViewer, .tracker, .worstViewer, ["Olivia (daa6) (and 1 more) got", "better ones"]),
        (.laggard, .tracker, .laggard, ["Orsino (3c6e) is 4.00s behind", "better ones"]),
        (.exodus, .source, .exodus, ["4 of 8 viewers left", "look at the events"]),
        (.violation, .viewer, .violation, ["a peer broke the protocol: Feste", "no action"]),
        (.shortage, .tracker, .shortage, ["the swarm is short of upload", "raise --up"]),
        (.trackers, .viewer, .trackers, ["the tracker does not answer", "UDP port is open"]),
        (.limit, .source, .limit, ["lose so much that all the repair", "lower bitrate helps"]),
        (.relayed, .source, .relayed, ["cannot be reached directly", "forwarded UDP port"]),
    ]

    /// Runs a swarm and gives the verdicts of its last seconds.
    private func verdicts(
        _ play: inout SwarmPlay,
        _ history: inout History,
        seconds: Int
    ) -> [WhySentence.Verdict] {
        (0..<seconds).map { _ in
            play.step()
            history.append(play.snapshot, at: play.time)
            return WhySentence.verdict(for: Scene(history))
        }
    }

    @Test(
        "finds nothing wrong in a healthy hour",
        arguments: [SwarmPlay.Side.source, .viewer, .tracker]
    )
    func healthy(_ side: SwarmPlay.Side) {
        var play = SwarmPlay(viewers: 6, side: side, seed: 7)
        var history = History()
        let hour = verdicts(&play, &history, seconds: 3_600)
        #expect(hour.allSatisfy { $0.rule == .healthy && $0.severity == .info })
        #expect(hour.count == 3_600)
    }

    @Test(
        "names side, cause and cure of each fault, and is silent before and after",
        arguments: cases.indices
    )
    func fault(_ index: Int) throws {
        let (fault, side, rule, words) = Self.cases[index]
        var play = SwarmPlay(viewers: 8, side: side, seed: UInt64(index))
        var history = History()
        let before = verdicts(&play, &history, seconds: 120)
        #expect(before.allSatisfy { $0.rule == .healthy })
        let whole = play
        play.fault = fault
        let during = verdicts(&play, &history, seconds: 15)
        let told = try #require(during.last { $0.rule != .healthy })
        #expect(told.rule == rule, "\(told.text)")
        for word in words { #expect(told.text.contains(word), "\(told.text)") }
        #expect(told.severity != .info)
        // What is late is told before it is known that the download is the cause.
        let isLateFirst = fault == .ownDownload || fault == .ownMachine
        let early: WhySentence.Rule = isLateFirst ? .ownLate : rule
        #expect(Set(during.map(\.rule)).isSubset(of: [.healthy, rule, early]))
        // What is over is not told any more.
        var later = whole
        for _ in 0..<15 { later.step() }
        #expect(verdicts(&later, &history, seconds: 90).last?.rule == .healthy)
    }

    @Test(
        "no moment's lapse is told",
        arguments: [
            SwarmPlay.Fault.ownLoss, .ownDelay, .ownUplink, .ownParents, .laggard, .limit,
            .shortage,
        ]
    )
    func lapse(_ fault: SwarmPlay.Fault) {
        var play = SwarmPlay(viewers: 8, side: .viewer, seed: 3)
        var history = History()
        _ = verdicts(&play, &history, seconds: 60)
        let whole = play
        play.fault = fault
        var told = verdicts(&play, &history, seconds: 1)
        play = whole
        play.step()
        told += verdicts(&play, &history, seconds: 10)
        #expect(told.allSatisfy { $0.rule == .healthy })
    }

    @Test("every rule but those of waiting is proved by a series")
    func complete() {
        let proved = Set(Self.cases.map(\.2.rawValue))
        let others: Set = ["healthy", "waiting", "lost", "notStarted", "starting", "recovered"]
        #expect(proved.union(others) == Set(WhySentence.Rule.allCases.map(\.rawValue)))
        #expect(proved.isDisjoint(with: others))
    }

    @Test("a node that does not answer is said before anything else")
    func lost() {
        var model = DashboardModel()
        var play = SwarmPlay(viewers: 3)
        model.observe(play.snapshot, at: play.time)
        for second in 1...5 { model.observe(nil, at: play.time + Double(second)) }
        let text = model.draw(width: 80, height: 24).text
        #expect(text.contains("LOST 5s"))
        #expect(text.contains("has not answered for 5s"))
        #expect(text.contains("attaches by itself"))
        play.step()
        model.observe(play.snapshot, at: play.time + 6)
        #expect(model.draw(width: 80, height: 24).text.contains("● LIVE"))
    }
}
