import Basics
import Wire

/// Chunks that came before their manifest, bounded in all and per neighbour.
struct EarlyChunks: Sendable {
    /// Chunks that wait in all, at most: two large blocks, or sixteen of a slow stream.
    static let chunksMax = 128
    /// Blocks for which one neighbour's chunks wait, at most.
    ///
    /// A child of the source gets its chunks at once and most manifests some hops later: with blocks of
    /// 75 ms and 40 ms a hop three blocks are under way among 60 viewers, and the first of them must not
    /// be lost for everybody below (measured: they came 0.7 s later).
    static let blocksPerNeighbourMax = 8

    /// A chunk that waits.
    struct Entry: Sendable {
        var id: ChunkID
        var payload: Bytes
        var from: PeerID
    }

    /// Oldest first.
    private(set) var entries: [Entry] = []

    /// Adds a chunk; false when this neighbour gave it before.
    ///
    /// One block too many of a neighbour replaces its block that waits longest. When all places are
    /// taken, the neighbour with the most waiting chunks loses its oldest one.
    mutating func insert(_ entry: Entry) -> Bool {
        guard !entries.contains(where: { $0.id == entry.id && $0.from == entry.from }) else {
            return false
        }
        makeRoom(for: entry)
        if entries.count >= EarlyChunks.chunksMax { evict() }
        entries.append(entry)
        return true
    }

    /// Takes out the chunks of a block, in the order in which they came.
    mutating func take(block: UInt32) -> [Entry] {
        guard entries.contains(where: { $0.id.block == block }) else { return [] }
        let found = entries.filter { $0.id.block == block }
        entries.removeAll { $0.id.block == block }
        return found
    }

    /// Drops the chunks of blocks below a number.
    mutating func removeAll(below block: UInt32) {
        if entries.contains(where: { $0.id.block < block }) {
            entries.removeAll { $0.id.block < block }
        }
    }

    private mutating func makeRoom(for entry: Entry) {
        var blocks: [UInt32] = []
        for other in entries where other.from == entry.from && !blocks.contains(other.id.block) {
            blocks.append(other.id.block)
        }
        guard !blocks.contains(entry.id.block), let longest = blocks.first,
            blocks.count >= EarlyChunks.blocksPerNeighbourMax
        else { return }
        entries.removeAll { $0.from == entry.from && $0.id.block == longest }
    }

    private mutating func evict() {
        var counts: [PeerID: Int] = [:]
        for entry in entries { counts[entry.from, default: 0] += 1 }
        let most = entries.indices.max { left, right in
            let leftCount = counts[entries[left].from, default: 0]
            let rightCount = counts[entries[right].from, default: 0]
            return leftCount == rightCount ? left > right : leftCount < rightCount
        }
        if let most { entries.remove(at: most) }
    }
}
