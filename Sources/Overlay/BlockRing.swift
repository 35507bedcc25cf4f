import Basics

/// One 64-bit mask per recent block; bit i stands for chunk i.
///
/// A ring over the block number: what is asked of a block that has been overwritten is an empty mask.
/// Most neighbours never exchange a chunk, so the ring takes no memory before its first entry.
struct BlockRing: Sendable {
    private struct Entry: Sendable {
        var mask: UInt64 = 0
        var block = UInt32.max
    }

    /// 128 blocks are 9 s of media at the shortest blocks of 72 ms.
    private static let size = 128
    private var entries: [Entry] = []

    func mask(of block: UInt32) -> UInt64 {
        guard !entries.isEmpty else { return 0 }
        let entry = entries[Int(block) % BlockRing.size]
        return entry.block == block ? entry.mask : 0
    }

    func contains(_ id: ChunkID) -> Bool { mask(of: id.block) >> UInt64(id.index) & 1 == 1 }

    mutating func insert(_ id: ChunkID) { insert(mask: 1 << UInt64(id.index), of: id.block) }

    mutating func insert(mask: UInt64, of block: UInt32) {
        if entries.isEmpty { entries = Array(repeating: Entry(), count: BlockRing.size) }
        let at = Int(block) % BlockRing.size
        if entries[at].block == block {
            entries[at].mask |= mask
        } else {
            entries[at] = Entry(mask: mask, block: block)
        }
    }

    mutating func remove(_ id: ChunkID) {
        guard !entries.isEmpty else { return }
        let at = Int(id.block) % BlockRing.size
        if entries[at].block == id.block { entries[at].mask &= ~(1 << UInt64(id.index)) }
    }
}
