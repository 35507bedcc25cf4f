import Basics
import Wire

/// Keeps every chunk coming before its deadline: knows which are overdue and when to ask again.
///
/// A chunk is due at its own send time plus its stripe's usual lateness plus 20 ms
/// (DESIGN section 5); whom to ask is the peer's decision. Only as many chunks are asked for as the block
/// still needs to be decoded.
struct RepairLoop {
    /// Added to the usual lateness, for jitter.
    static let guardSpan = TimeSpan.milliseconds(20)
    /// At most this many blocks are watched.
    static let blocksMax = 256
    /// After this many tries the chunk is left to the erasure code or lost.
    static let triesMax = 12

    /// An overdue chunk.
    struct Miss {
        var id: ChunkID
        var tries: Int
        /// Whether it is overdue for the first time.
        var isNew: Bool
        /// Who was asked last, and when.
        var asked: Int?
        var askedAt: Instant
    }

    /// An object: a copy of its arrays at each look would cost more than the look.
    private final class Watched {
        let block: UInt32
        let sourceCount: Int
        let fullMask: UInt64
        var triedMask: UInt64 = 0
        /// Chunks that were overdue once.
        var noticedMask: UInt64 = 0
        var chunks: [Chunk]
        let giveUpAt: Instant
        /// Before this, what is on its way is enough to decode the block.
        var enoughUntil = Instant.origin

        init(_ manifest: Manifest, _ chunks: [Chunk], giveUpAt: Instant) {
            block = manifest.block
            sourceCount = manifest.sourceCount
            fullMask = manifest.fullMask
            self.chunks = chunks
            self.giveUpAt = giveUpAt
        }
    }

    /// A chunk that is watched.
    private struct Chunk {
        var dueAt: Instant
        /// When it was last asked for, and of whom; -1 for nobody.
        var askedAt = Instant.origin
        var asked: Int32 = -1
        var tries: UInt8 = 0
    }

    private var watched: [Watched] = []
    private(set) var requestedCount = 0
    /// When something may be overdue: never later than the first due time, at times earlier.
    private(set) var wakeAt = Instant.distantFuture

    /// How many blocks are incomplete.
    var watchedCount: Int { watched.count }

    /// Begins to watch a block; `due` tells when each of its chunks should be here.
    mutating func watch(
        _ manifest: Manifest,
        giveUpAt: Instant,
        due: (Int) -> Instant
    ) {
        guard manifest.sourceCount > 0, !watched.contains(where: { $0.block == manifest.block })
        else { return }
        var first = Instant.distantFuture
        let chunks = (0..<manifest.chunkCount).map { index in
            let chunk = Chunk(dueAt: due(index))
            first = min(first, chunk.dueAt)
            return chunk
        }
        let entry = Watched(manifest, chunks, giveUpAt: giveUpAt)
        let at = watched.lastIndex { $0.block < manifest.block }.map { $0 + 1 } ?? 0
        watched.insert(entry, at: at)
        if watched.count > RepairLoop.blocksMax { watched.removeFirst() }
        wakeAt = min(wakeAt, first)
    }

    /// The block is complete, or nobody needs it any more.
    mutating func settle(_ block: UInt32) {
        if let at = watched.lastIndex(where: { $0.block == block }) { watched.remove(at: at) }
    }

    /// Ends the watch over all blocks before one.
    mutating func settle(before block: UInt32) { watched.removeAll { $0.block < block } }

    /// Takes what is overdue now, at most `most` chunks, the oldest first.
    mutating func overdue(
        at now: Instant,
        most: Int,
        held: (UInt32) -> UInt64
    ) -> [Miss] {
        var misses: [Miss] = []
        watched.removeAll { $0.giveUpAt <= now }
        for at in watched.indices where misses.count < most {
            collect(at, now, held(watched[at].block), &misses, most)
        }
        rewind(after: now, held: held)
        return misses
    }

    /// An asked chunk is expected until this instant.
    mutating func expect(_ id: ChunkID, until: Instant, asked slot: Int?, at now: Instant) {
        guard let at = watched.firstIndex(where: { $0.block == id.block }),
            Int(id.index) < watched[at].chunks.count
        else { return }
        watched[at].chunks[Int(id.index)].dueAt = until
        watched[at].chunks[Int(id.index)].asked = Int32(slot ?? -1)
        watched[at].chunks[Int(id.index)].askedAt = now
        watched[at].chunks[Int(id.index)].tries &+= 1
        watched[at].triedMask |= 1 << UInt64(id.index)
        requestedCount += 1
        wakeAt = min(wakeAt, until)
    }

    /// A chunk could not be asked for now: it is overdue again at an instant, and no try is lost.
    mutating func wait(for id: ChunkID, until: Instant) {
        guard let at = watched.firstIndex(where: { $0.block == id.block }),
            Int(id.index) < watched[at].chunks.count
        else { return }
        watched[at].chunks[Int(id.index)].dueAt = until
        wakeAt = min(wakeAt, until)
    }

    /// A neighbour said that it does not have a chunk: it is overdue again at once.
    mutating func denied(_ id: ChunkID, at now: Instant) {
        guard let at = watched.firstIndex(where: { $0.block == id.block }),
            Int(id.index) < watched[at].chunks.count
        else { return }
        watched[at].chunks[Int(id.index)].dueAt = now
        watched[at].enoughUntil = now
        wakeAt = min(wakeAt, now)
    }

    /// Whether a chunk was asked for.
    func wasRequested(_ id: ChunkID) -> Bool {
        guard let entry = watched.last(where: { $0.block == id.block }) else { return false }
        return entry.triedMask >> UInt64(id.index) & 1 == 1
    }

    /// Who was last asked for a chunk, and when.
    func asked(for id: ChunkID) -> (slot: Int, at: Instant)? {
        guard let entry = watched.last(where: { $0.block == id.block }),
            Int(id.index) < entry.chunks.count, entry.chunks[Int(id.index)].asked >= 0
        else { return nil }
        return (Int(entry.chunks[Int(id.index)].asked), entry.chunks[Int(id.index)].askedAt)
    }

    /// Gives the chunks of a stripe in the blocks after one until an instant, unless they were asked
    /// for already.
    mutating func postpone(after block: UInt32, stripe: Int, of stripes: Int, until: Instant) {
        for at in watched.indices where watched[at].block > block {
            for index in stride(from: stripe, to: watched[at].chunks.count, by: stripes)
            where watched[at].chunks[index].tries == 0 {
                let due = watched[at].chunks[index].dueAt
                watched[at].chunks[index].dueAt = max(due, until)
            }
        }
    }

    /// The paused do not accuse: moves everything that fell due meanwhile.
    mutating func excuse(until: Instant) {
        for at in watched.indices {
            for index in watched[at].chunks.indices {
                let due = watched[at].chunks[index].dueAt
                watched[at].chunks[index].dueAt = max(due, until)
            }
        }
    }

    private mutating func rewind(after now: Instant, held: (UInt32) -> UInt64) {
        wakeAt = .distantFuture
        for entry in watched {
            var open = entry.fullMask & ~held(entry.block)
            while open != 0 {
                let index = open.trailingZeroBitCount
                open &= open - 1
                // What is left over from this round is looked at again soon, not at once.
                let due = max(
                    entry.chunks[index].dueAt,
                    max(entry.enoughUntil, now + .milliseconds(5))
                )
                wakeAt = min(wakeAt, due)
            }
        }
    }

    private mutating func collect(
        _ at: Int,
        _ now: Instant,
        _ held: UInt64,
        _ misses: inout [Miss],
        _ most: Int
    ) {
        let entry = watched[at]
        guard entry.enoughUntil <= now else { return }
        let open = entry.fullMask & ~held
        let heldCount = (held & entry.fullMask).nonzeroBitCount
        // Masks and a minimum rather than arrays: this is looked at for every block under way.
        var (overdue, expectedCount, expectedFirst) = (UInt64(0), 0, Instant.distantFuture)
        var rest = open
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            if entry.chunks[index].dueAt > now {
                expectedCount += 1
                expectedFirst = min(expectedFirst, entry.chunks[index].dueAt)
            } else if entry.chunks[index].tries < RepairLoop.triesMax {
                overdue |= 1 << UInt64(index)
            } else {
                entry.chunks[index].dueAt = entry.giveUpAt
            }
        }
        let needed = max(0, entry.sourceCount - heldCount - expectedCount)
        let overdueCount = overdue.nonzeroBitCount
        for _ in 0..<min(overdueCount, min(needed, most - misses.count)) {
            let index = overdue.trailingZeroBitCount
            overdue &= overdue - 1
            let id = ChunkID(block: entry.block, index: UInt8(index))
            let chunk = entry.chunks[index]
            let asked = chunk.asked < 0 ? nil : Int(chunk.asked)
            let isNew = entry.noticedMask >> UInt64(index) & 1 == 0
            entry.noticedMask |= 1 << UInt64(index)
            misses.append(
                Miss(
                    id: id,
                    tries: Int(chunk.tries),
                    isNew: isNew,
                    asked: asked,
                    askedAt: chunk.askedAt
                )
            )
        }
        // Enough others are on their way: look again when the first of them should be here.
        if overdueCount > needed, expectedCount > 0 { entry.enoughUntil = expectedFirst }
    }
}
