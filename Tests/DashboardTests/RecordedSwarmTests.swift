import Telemetry
import Testing

@testable import Dashboard

/// The sentence over recordings of real swarms in which something was broken on purpose.
///
/// A source and five viewers behind NATs of their own, recorded by `candela watch --record` at one of
/// them, thinned out to a moment every other second.
@Suite struct RecordedSwarmTests {
    /// A recording, what is told in it, in this order, and what may be told besides.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let told: [WhySentence.Rule]
        var besides: Set<WhySentence.Rule> = []
        var words: [String] = []

        var testDescription: String { name }
    }

    private static let cases: [Case] = [
        Case(name: "healthy", told: []),
        Case(name: "healthy-source", told: []),
        // An hour, a moment every 40 s, on a machine that had a lot else to do.
        Case(name: "hour", told: []),
        Case(name: "hour-source", told: []),
        // Another parent takes over before anything is late: no reason to worry anybody.
        Case(name: "parent-killed", told: []),
        Case(
            name: "cut-and-healed",
            told: [.isolated, .recovered],
            besides: [.ownLate, .sourceSilent, .notStarted],
            words: ["you reach no other peer", "the picture is back"]
        ),
        Case(
            name: "uplink-full",
            told: [.ownUplink],
            words: ["your uplink is full at", "set --up lower"]
        ),
        // A viewer was killed, the own uplink filled and freed, the own link cut and healed.
        Case(
            name: "story",
            told: [.ownUplink, .isolated, .recovered],
            besides: [.ownLate],
            words: ["your uplink is full at", "you reach no other peer", "the picture is back"]
        ),
        // The same as the source saw it.
        Case(
            name: "story-source",
            told: [.worstViewer],
            words: ["v1 (ef01) got", "it was out of reach until", "no action needed"]
        ),
        Case(
            name: "own-delay",
            told: [.ownDelay],
            words: ["your network's delay rose from", "pause other transfers"]
        ),
        Case(
            name: "own-download",
            told: [.ownDownload],
            besides: [.ownLate, .ownLoss, .ownUplink],
            words: ["your download brings", "stop other downloads"]
        ),
        Case(
            name: "viewers-killed",
            told: [.exodus],
            words: ["3 of 5 viewers left within half a minute"]
        ),
        Case(
            name: "tracker-killed",
            told: [.trackers],
            words: ["the tracker does not answer; viewers play on"]
        ),
        // All play as soon as they can, and the line of one becomes slow, step by step, to 2.2 s each way.
        Case(
            name: "line-slow",
            told: [.laggard],
            words: ["v4 (f943) is 2.2", "the others 0.0", "a datagram takes", "fills its line"]
        ),
        // Nobody lends upload, and one viewer chose to play late, which is no fault.
        Case(
            name: "no-upload",
            told: [.loadedSource],
            words: ["the source feeds almost everybody itself", "--up above 0"]
        ),
        // The encoder stood still for 12 s: the source lived, and had nothing to send.
        Case(
            name: "input-stopped",
            told: [.noInput],
            words: ["your input brings no media; check the encoder"]
        ),
        Case(
            name: "input-stopped-viewer",
            told: [.sourceSilent, .recovered],
            besides: [.ownLate],
            words: ["the source sends nothing", "the picture is back"]
        ),
        // The encoder went on with little more than a third of its rate; as its own machine and as a viewer
        // saw it.
        Case(
            name: "encoder-sags",
            told: [.sourceSag],
            words: ["your input sends", "check the encoder"]
        ),
        Case(
            name: "encoder-sags-viewer",
            told: [.sourceSag],
            words: ["the source sends", "tell whoever broadcasts"]
        ),
        // 200 ms each way, and 500 ms to play in.
        Case(
            name: "buffer-thin",
            told: [.ownBuffer],
            besides: [.notStarted],
            words: ["your buffer is down to", "a longer --latency helps"]
        ),
        // 60 ms each way with 25 ms of jitter, and 120 ms to play in.
        Case(
            name: "latency-short",
            told: [.ownLate],
            besides: [.notStarted],
            words: ["the buffer is thin; join with a longer --latency"]
        ),
        // All viewers lose every seventh datagram, and have 4 s to play in.
        Case(
            name: "redundancy-limit",
            told: [.limit],
            words: ["lose so much that all the repair allowed", "a longer --latency"]
        ),
        // The source and two of three viewers behind symmetric NATs.
        Case(
            name: "relayed",
            told: [.relayed],
            words: ["1 of 2 peers cannot be reached directly", "a forwarded UDP port"]
        ),
        Case(
            name: "relayed-source",
            told: [.relayed],
            words: ["3 of 3 peers cannot be reached directly"]
        ),
        // The viewer's process got 30 ms of every 230.
        Case(
            name: "machine-busy",
            told: [.ownMachine],
            besides: [.ownLate, .ownParents, .recovered],
            words: ["this computer is too busy: Candela waits", "close other programs"]
        ),
        // A source of 1 Mbit/s and four viewers of 100 kbit/s for a stream of 300 kbit/s.
        Case(
            name: "upload-short",
            told: [.shortage],
            words: ["the swarm is short of upload (needs 1.", "raise --up"]
        ),
        // The same as the last to come saw it.
        Case(
            name: "upload-short-viewer",
            told: [.ownParents],
            besides: [.ownLate],
            words: ["of 8 stripes have no parent here: the viewers lend too little upload"]
        ),
        // A node that was changed to damage the chunks that it passes on.
        Case(
            name: "damaged-chunks",
            told: [.violation],
            words: ["v2 sent a damaged chunk; banned", "Nothing unverified was played"]
        ),
        // The source was there, and its encoder began after half a minute.
        Case(name: "encoder-late", told: [.notStarted], words: ["waiting for the source's first"]),
        Case(
            name: "lossy-link",
            told: [.ownLoss],
            words: ["your network loses", "use a cable"]
        ),
        Case(
            name: "source-killed",
            told: [.sourceSilent],
            besides: [.ownLate],
            words: ["the source sends nothing"]
        ),
        Case(
            name: "viewer-cut",
            told: [.worstViewer],
            words: ["v1 (8923) got"]
        ),
    ]

    /// The verdicts of a recording, moment by moment.
    private func verdicts(_ name: String) throws -> [WhySentence.Verdict] {
        let here = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let recording = try Recording(path: "/\(here)/Recordings/\(name).jsonl")
        #expect(!recording.isCutShort)
        return recording.history.entries.map { entry in
            WhySentence.verdict(for: Scene(recording.history, .held(entry.number)))
        }
    }

    @Test("tells what was broken and nothing else", arguments: cases)
    func told(_ recorded: Case) throws {
        let verdicts = try verdicts(recorded.name)
        var runs: [WhySentence.Rule] = []
        for verdict in verdicts where verdict.rule != .healthy && verdict.rule != runs.last {
            runs.append(verdict.rule)
        }
        let said = verdicts.map { "\($0.rule): \($0.text)" }.joined(separator: "\n")
        var rest = recorded.told[...]
        for rule in runs where rule == rest.first { rest = rest.dropFirst() }
        #expect(rest.isEmpty, "\(rest) missing in\n\(said)")
        let allowed = recorded.besides.union(recorded.told)
        #expect(Set(runs).isSubset(of: allowed), "\(Set(runs).subtracting(allowed)) in\n\(said)")
        for word in recorded.words {
            #expect(verdicts.contains { $0.text.contains(word) }, "\(word) missing in\n\(said)")
        }
    }

    @Test("every cause that a swarm can show has been recorded")
    func complete() {
        let recorded = Set(Self.cases.flatMap(\.told))
        // No recording has moments in which nothing comes; the last one needs a machine that fails at the
        // right second. All are proved by series.
        let others: Set<WhySentence.Rule> = [.healthy, .waiting, .lost, .starting]
        #expect(recorded.union(others) == Set(WhySentence.Rule.allCases))
        #expect(recorded.isDisjoint(with: others))
    }

    @Test("draws every moment of every recording at every size", arguments: cases)
    func draws(_ recorded: Case) throws {
        let here = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let recording = try Recording(path: "/\(here)/Recordings/\(recorded.name).jsonl")
        for entry in recording.history.entries {
            for (width, height) in [(120, 40), (40, 12), (20, 5)] {
                let scene = Scene(recording.history, .held(entry.number))
                let frame = DashboardView.render(scene, ViewState(), width: width, height: height)
                #expect(frame.canvas.text.contains("LIVE") == entry.snapshot.live)
            }
        }
    }
}
