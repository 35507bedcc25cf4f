import Basics
import Blocks
import Paths
import Scheduling
import Wire

/// Notes what repair does, for people; nothing here decides anything.
extension Peer {
    /// A block of another source process: numbers begin anew.
    mutating func traceEpoch(of manifest: Manifest) {
        if tally.follow(manifest.epoch) { traces.abandon() }
    }

    /// A chunk is overdue for the first time.
    mutating func traceMiss(_ id: ChunkID, at now: Instant) {
        let arrived = store.arrivedAt(id.block) ?? now
        traces.find(
            id,
            deadline: playoutDeadline(of: id.block, at: now),
            giveUpAt: arrived + repairPatience,
            at: now
        )
    }

    /// An overdue chunk is asked for.
    mutating func traceAsk(_ miss: RepairLoop.Miss, from slots: [Int], at now: Instant) {
        let parent = feeds[Int(miss.id.index) % stripeCount].parent
        if miss.tries == 0, let parent, let owner = neighbours[parent]?.id,
            isOwed(miss.id, at: now)
        {
            scores.observe(owner, in: parent, cameWhenDue: false)
        }
        tally.ask(miss.id, after: miss.tries)
        for slot in slots {
            guard let peer = neighbours[slot]?.id else { continue }
            let role: RescueTraces.Role =
                slot == parent ? .parent : peer == sourceID ? .source : .partner
            traces.ask(miss.id, from: peer, as: role, at: now)
        }
    }

    /// A chunk that was asked for came.
    mutating func traceRescue(_ id: ChunkID) { tally.askedBytes += mediaSize(of: id) }

    /// Chunks of a block were computed from the others.
    mutating func traceDecoded(_ ids: [ChunkID], of block: UInt32, at now: Instant) {
        for id in ids { tally.decodedBytes += mediaSize(of: id) }
        traces.settle(block, decoded: ids, at: now)
    }

    /// The bytes of a chunk that is held; 0 for a repair chunk, which is no media.
    private func mediaSize(of id: ChunkID) -> Int {
        guard let manifest = store.manifest(of: id.block), Int(id.index) < manifest.sourceCount
        else { return 0 }
        return manifest.size(of: Int(id.index))
    }

    /// When playout gives a block up, as `PlayoutBuffer` does; nil where nothing is played or the
    /// block's manifest is not here.
    func playoutDeadline(of block: UInt32, at now: Instant) -> Instant? {
        guard playout != nil, let manifest = store.manifest(of: block),
            let arrived = store.arrivedAt(block)
        else { return nil }
        guard configuration.latency > .zero else { return arrived + PlayoutBuffer.patience }
        // While the clocks' offset is unknown, the way itself counts as no time.
        let sent = clock.estimate(at: now).map { manifest.sentAt - $0.offset } ?? arrived
        return sent + configuration.latency
    }
}
