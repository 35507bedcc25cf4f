import Basics
import Telemetry

/// The way of the latest chunks that push did not bring: noticed, asked for, come or not.
///
/// Bounded by `tracesMax`: the oldest goes, whether it has ended or not.
struct RescueTraces: Sendable {
    /// What a snapshot shows of them: a screen's height.
    static let tracesMax = 50
    /// The first requests of one chunk that are kept; `RepairLoop` makes no more tries than this.
    static let asksMax = 12

    /// What a peer that was asked is to us.
    enum Role: String, Sendable {
        case parent, partner, source
    }

    private struct Ask: Sendable {
        var at: Instant
        var peer: PeerID
        var role: Role
    }

    /// One chunk.
    ///
    /// ### Legal transitions of `outcome`:
    /// - `waiting -> came | decoded | late | lost`
    private struct Trace: Sendable {
        let id: ChunkID
        let foundAt: Instant
        let deadline: Instant?
        let giveUpAt: Instant
        var asks: [Ask] = []
        var arrivedAt: Instant?
        var from: PeerID?
        var outcome = RescueTraceRow.Outcome.waiting

        var isOpen: Bool { if case .waiting = outcome { true } else { false } }
    }

    private var traces: [Trace] = []
    /// How many wait for their chunk: while there are none, arrivals need no look.
    private(set) var openCount = 0

    /// A chunk is overdue; one that is known to be changes nothing.
    mutating func find(
        _ id: ChunkID,
        deadline: Instant?,
        giveUpAt: Instant,
        at now: Instant
    ) {
        guard openIndex(of: id) == nil else { return }
        if traces.count >= RescueTraces.tracesMax {
            if traces[0].isOpen { openCount -= 1 }
            traces.removeFirst()
        }
        traces.append(Trace(id: id, foundAt: now, deadline: deadline, giveUpAt: giveUpAt))
        openCount += 1
    }

    /// Somebody is asked for a chunk that was found missing.
    mutating func ask(_ id: ChunkID, from peer: PeerID, as role: Role, at now: Instant) {
        guard let at = openIndex(of: id), traces[at].asks.count < RescueTraces.asksMax else {
            return
        }
        traces[at].asks.append(Ask(at: now, peer: peer, role: role))
    }

    /// A chunk came; where nobody was asked, push brought it after all and there is nothing to tell.
    mutating func arrived(_ id: ChunkID, from peer: PeerID?, at now: Instant) {
        guard let at = openIndex(of: id) else { return }
        guard !traces[at].asks.isEmpty else { return withdraw(at) }
        traces[at].from = peer
        end(at, as: .came, at: now)
    }

    /// A block is complete: its chunks in `decoded` were computed, others are not needed any more.
    mutating func settle(_ block: UInt32, decoded: [ChunkID], at now: Instant) {
        guard openCount > 0 else { return }
        for at in traces.indices.reversed() where traces[at].id.block == block && traces[at].isOpen
        {
            if decoded.contains(traces[at].id) {
                end(at, as: .decoded, at: now)
            } else {
                withdraw(at)
            }
        }
    }

    /// What has not come by the end of its block's watch is lost.
    mutating func giveUp(at now: Instant) {
        guard openCount > 0 else { return }
        for at in traces.indices where traces[at].isOpen && traces[at].giveUpAt <= now {
            traces[at].outcome = .lost
            openCount -= 1
        }
    }

    /// Nothing that is waited for can come any more.
    mutating func abandon() { giveUp(at: .distantFuture) }

    /// The traces as a snapshot shows them, oldest first.
    var rows: [RescueTraceRow] { traces.map(RescueTraces.row) }

    private static func row(_ trace: Trace) -> RescueTraceRow {
        func after(_ time: Instant) -> Double { (time - trace.foundAt).milliseconds }
        var row = RescueTraceRow(
            t: Double(trace.foundAt.nanoseconds) / 1e9,
            block: Int(trace.id.block),
            index: Int(trace.id.index),
            outcome: trace.outcome
        )
        row.deadlineMs = trace.deadline.map(after)
        row.asks = trace.asks.map { ask in
            RescueAskRow(
                afterMs: after(ask.at),
                peer: ask.peer.description,
                role: ask.role.rawValue
            )
        }
        row.arrivedMs = trace.arrivedAt.map(after)
        row.from = trace.from?.description
        return row
    }

    private mutating func end(_ at: Int, as outcome: RescueTraceRow.Outcome, at now: Instant) {
        let isLate = traces[at].deadline.map { $0 < now } ?? false
        traces[at].outcome = isLate ? .late : outcome
        traces[at].arrivedAt = now
        openCount -= 1
    }

    private mutating func withdraw(_ at: Int) {
        traces.remove(at: at)
        openCount -= 1
    }

    /// Where the open trace of a chunk is; looks from the newest back, past no more than the open ones.
    private func openIndex(of id: ChunkID) -> Int? {
        var left = openCount
        var at = traces.count
        while left > 0, at > 0 {
            at -= 1
            guard traces[at].isOpen else { continue }
            if traces[at].id == id { return at }
            left -= 1
        }
        return nil
    }
}
