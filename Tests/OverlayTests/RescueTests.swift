import Basics
import Telemetry
import Testing

@testable import Overlay

@Suite("RescueTraces")
struct RescueTracesTests {
    private let start = Instant.origin + .seconds(5)
    private let peer = PeerID(0xAB)

    private func id(_ number: Int) -> ChunkID {
        ChunkID(block: UInt32(number / 8), index: UInt8(number % 8))
    }

    private func find(_ number: Int, in traces: inout RescueTraces) {
        traces.find(id(number), deadline: nil, giveUpAt: start + .seconds(1), at: start)
    }

    @Test("keeps a bounded number, the latest")
    func bounded() {
        var traces = RescueTraces()
        for number in 0..<200 { find(number, in: &traces) }
        #expect(traces.rows.count == RescueTraces.tracesMax)
        #expect(traces.openCount == RescueTraces.tracesMax)
        #expect(traces.rows.first?.block == 18 && traces.rows.first?.index == 6)
        for _ in 0..<40 { traces.ask(id(199), from: peer, as: .partner, at: start) }
        #expect(traces.rows.last?.asks.count == RescueTraces.asksMax)
        traces.giveUp(at: start + .seconds(1))
        #expect(traces.openCount == 0)
        #expect(traces.rows.allSatisfy { $0.outcome == .lost })
    }

    @Test("a chunk that is found missing twice is one, until it has come")
    func once() {
        var traces = RescueTraces()
        for _ in 0..<3 { find(1, in: &traces) }
        #expect(traces.openCount == 1)
        traces.ask(id(1), from: peer, as: .source, at: start + .milliseconds(5))
        traces.arrived(id(1), from: peer, at: start + .milliseconds(30))
        traces.arrived(id(1), from: nil, at: start + .milliseconds(40))
        #expect(traces.openCount == 0)
        #expect(traces.rows.map(\.outcome) == [.came])
        #expect(traces.rows[0].arrivedMs == 30 && traces.rows[0].asks[0].afterMs == 5)
        #expect(traces.rows[0].from == peer.description && traces.rows[0].deadlineMs == nil)
    }

    @Test("what push brought before anybody was asked leaves no trace")
    func pushed() {
        var traces = RescueTraces()
        find(1, in: &traces)
        find(2, in: &traces)
        traces.arrived(id(1), from: peer, at: start)
        #expect(traces.rows.map(\.index) == [2] && traces.openCount == 1)
    }

    @Test("a complete block ends its traces only: decoded, or not needed any more")
    func settles() {
        var traces = RescueTraces()
        for number in [1, 2, 9] { find(number, in: &traces) }
        traces.settle(0, decoded: [id(2)], at: start + .milliseconds(8))
        #expect(traces.rows.map(\.outcome) == [.decoded, .waiting])
        #expect(traces.rows.map(\.block) == [0, 1] && traces.rows[0].arrivedMs == 8)
        traces.abandon()
        #expect(traces.rows.map(\.outcome) == [.decoded, .lost] && traces.openCount == 0)
    }
}

@Suite("RepairTally")
struct RepairTallyTests {
    private let id = ChunkID(block: 4, index: 3)

    @Test("a chunk counts once, and is stranded when nobody can be asked any more")
    func counts() {
        var tally = RepairTally()
        tally.strand(id)
        #expect(tally.stranded(of: 4) == 0b1000 && tally.asked(of: 4) == 0)
        for tries in 0..<(RepairLoop.triesMax - 1) {
            tally.ask(id, after: tries)
            #expect(tally.stranded(of: 4) == 0)
        }
        tally.ask(id, after: RepairLoop.triesMax - 1)
        #expect(tally.stranded(of: 4) == 0b1000 && tally.asked(of: 4) == 0b1000)
        #expect(tally.askedCount == 1)
    }

    @Test("another epoch's blocks are others, the counts run on")
    func epochs() {
        var tally = RepairTally()
        let first = tally.follow(1)
        tally.ask(id, after: 0)
        let same = tally.follow(1)
        #expect(!first && !same)
        #expect(tally.asked(of: 4) == 0b1000)
        let other = tally.follow(2)
        #expect(other)
        #expect(tally.asked(of: 4) == 0 && tally.askedCount == 1)
    }
}

@Suite("ParentScores")
struct ParentScoresTests {
    @Test("a share per peer; whoever takes over a slot begins anew")
    func shares() {
        var scores = ParentScores()
        let (one, other) = (PeerID(1), PeerID(2))
        #expect(scores.share(of: one, in: 3) == nil)
        for number in 0..<4 { scores.observe(one, in: 3, cameWhenDue: number > 0) }
        #expect(scores.share(of: one, in: 3) == 0.75)
        #expect(scores.share(of: other, in: 3) == nil && scores.share(of: one, in: 0) == nil)
        scores.observe(other, in: 3, cameWhenDue: false)
        #expect(scores.share(of: other, in: 3) == 0)
        #expect(scores.share(of: one, in: 3) == nil)
    }
}
