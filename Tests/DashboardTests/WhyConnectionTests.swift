import Telemetry
import Testing

@testable import Dashboard

/// The sentence when peers fall silent and come back: on whose side that is.
@Suite struct WhyConnectionTests {
    /// A second of a swarm, in which every other peer was heard so many seconds ago.
    private func snapshot(heard: Double, live: Bool) -> SwarmSnapshot {
        var snapshot = Fixture.seenByViewer()
        snapshot.live = live
        for index in snapshot.peers.indices { snapshot.peers[index].lastS = heard }
        return snapshot
    }

    @Test("no peer is heard: the own connection is down; some are: the source is silent")
    func silence() {
        let cut = WhySentence.verdict(for: Scene(snapshot(heard: 2.3, live: false)))
        #expect(cut.rule == .isolated && cut.severity == .error)
        #expect(cut.text.contains("your connection is down; check cable or Wi-Fi"))
        var some = snapshot(heard: 2.3, live: false)
        some.peers[3].lastS = 0.2
        #expect(WhySentence.verdict(for: Scene(some)).rule == .sourceSilent)
        var unknown = snapshot(heard: 2.3, live: false)
        unknown.peers[3].lastS = nil
        #expect(WhySentence.verdict(for: Scene(unknown)).rule == .sourceSilent)
    }

    @Test("the first second of a cut is not blamed on the buffer")
    func beginning() {
        var history = History()
        var now = snapshot(heard: 0.1, live: true)
        now.peers[1].chunksDue = 1_000
        now.peers[1].chunksInTime = 1_000
        history.append(now, at: 100)
        now = snapshot(heard: 1.2, live: true)
        now.peers[1].bufferMs = 0
        now.peers[1].chunksDue = 1_100
        now.peers[1].chunksInTime = 1_040
        history.append(now, at: 101)
        let told = WhySentence.verdict(for: Scene(history))
        #expect(told.rule == .isolated && told.text.contains("nothing reaches you just now"))
        now.peers[2].lastS = 0.1
        history.append(now, at: 102)
        #expect(WhySentence.verdict(for: Scene(history)).rule == .ownLate)
    }

    @Test("a stream that comes back is told for a while; one that begins is not one that was away")
    func returned() {
        var history = History()
        for second in 0..<40 {
            let isLive = second >= 3 && !(20..<25).contains(second)
            history.append(snapshot(heard: isLive ? 0.1 : 3, live: isLive), at: Double(second))
            let told = WhySentence.verdict(for: Scene(history))
            switch second {
            case 3..<20: #expect(told.rule == .healthy, "\(second): \(told.text)")
            case 26: #expect(told.rule == .recovered && told.text.contains("until 2s ago"))
            default: break
            }
        }
    }

    @Test("a viewer that was away is told to be back, not to have a bad network")
    func back() {
        var history = History()
        for second in 0..<30 {
            var now = Fixture.swarm()
            let index = 2
            now.peers[index].loss = 0.06
            now.peers[index].chunksDue = 1_000 + 100 * second
            now.peers[index].chunksInTime = 1_000 + (second < 5 ? 100 * second : 500)
            if (6..<18).contains(second) { now.peers.remove(at: index) }
            history.append(now, at: Double(second))
        }
        let told = WhySentence.verdict(for: Scene(history))
        #expect(told.rule == .worstViewer)
        #expect(told.text.contains("it was out of reach until 12s ago; no action needed"))
    }

    @Test("what a full uplink spills is not told as a bad cable")
    func spilled() {
        var history = History()
        for second in 0..<12 {
            var now = Fixture.seenByViewer()
            now.peers[1].loss = 0.2
            let state = second >= 4 ? "limited" : "steady"
            now.loops = [
                LoopRow(name: "uplink", state: state, target: "", value: "", lastAction: "")
            ]
            history.append(now, at: Double(second))
            let told = WhySentence.verdict(for: Scene(history)).rule
            #expect(second < 4 || told != .ownLoss)
        }
        let told = WhySentence.verdict(for: Scene(history))
        #expect(told.rule == .ownUplink)
        let all = WhySentence.findings(for: Scene(history)).map(\.rule)
        #expect(all.first == .ownUplink && !all.contains(.ownLoss))
    }
}
