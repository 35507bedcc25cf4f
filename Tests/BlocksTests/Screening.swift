import Basics
import Testing
import Wire

@testable import Blocks

/// A viewer's store and playout buffer, fed by hand.
struct Screening {
    var studio: Studio
    var store = ChunkStore()
    var playout: PlayoutBuffer
    var deliveries: [PlayoutBuffer.Delivery] = []
    /// The clock; media time 0 is sent at 0.
    var now = Instant.origin

    init(latency: TimeSpan) throws {
        studio = try Studio()
        playout = PlayoutBuffer(latency: latency, at: .origin)
    }

    /// Seals a block without delivering anything of it.
    mutating func make(_ flags: Manifest.Flags = [], source: Int = 2) -> SealedBlock {
        studio.seal(source: source, repair: 0, flags: flags)
    }

    /// A manifest arrives.
    mutating func describe(_ block: SealedBlock) {
        let manifest = block.manifest
        _ = store.insert(manifest: manifest, bytes: block.manifestBytes, at: now)
        playout.note(manifest: manifest, dueBase: manifest.sentAt, at: now)
        release()
    }

    /// A chunk arrives.
    mutating func bring(_ block: SealedBlock, _ index: Int) {
        _ = store.insert(block.id(index), payload: block.chunks[index], from: PeerID(1), at: now)
        release()
    }

    /// Everything of a block arrives but some chunks.
    mutating func show(_ block: SealedBlock, without missing: Set<Int> = []) {
        describe(block)
        for index in block.chunks.indices where !missing.contains(index) { bring(block, index) }
    }

    /// Time passes, deadline by deadline.
    mutating func wait(until milliseconds: Int) {
        let end = Instant.origin + .milliseconds(milliseconds)
        while let due = playout.nextDeadline, due <= end {
            #expect(due > now, "a deadline that does not move")
            now = max(now, due)
            release()
        }
        now = max(now, end)
        release()
    }

    mutating func release() { playout.release(from: store, at: now, into: &deliveries) }

    /// What was delivered, as block × 10 + index.
    var played: [Int] { deliveries.map { Int($0.id.block) * 10 + Int($0.id.index) } }
    var figures: PlayoutFigures { playout.figures }
}
