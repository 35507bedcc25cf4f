import Basics

/// One 64-bit mask per recent block; bit i stands for chunk i.
///
/// A ring over the block number: what is asked of a block that has been overwritten is an empty mask.
struct BlockRing: Sendable {
    /// 128 blocks are 9 s of media at the shortest blocks of 72 ms.
    private static let size = 128
    private var blocks = [UInt32](repeating: .max, count: size)
    private var masks = [UInt64](repeating: 0, count: size)

    func mask(of block: UInt32) -> UInt64 {
        let at = Int(block) % BlockRing.size
        return blocks[at] == block ? masks[at] : 0
    }

    func contains(_ id: ChunkID) -> Bool { mask(of: id.block) >> UInt64(id.index) & 1 == 1 }

    mutating func insert(_ id: ChunkID) { insert(mask: 1 << UInt64(id.index), of: id.block) }

    mutating func insert(mask: UInt64, of block: UInt32) {
        let at = Int(block) % BlockRing.size
        if blocks[at] == block {
            masks[at] |= mask
        } else {
            blocks[at] = block
            masks[at] = mask
        }
    }

    mutating func remove(_ id: ChunkID) {
        let at = Int(id.block) % BlockRing.size
        if blocks[at] == id.block { masks[at] &= ~(1 << UInt64(id.index)) }
    }
}
