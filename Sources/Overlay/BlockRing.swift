import Basics

/// One mask per recent block; bit i stands for chunk i.
///
/// A ring over the block number: what is asked of a block that has been overwritten is an empty mask.
/// Most neighbours never exchange a chunk, so the ring takes no memory before its first entry; and
/// most blocks have few chunks, so its masks are no wider than they have to be. With 40 neighbours, rings of
/// 2 KB were a third of a peer's memory (measured).
struct BlockRing: Sendable {
    /// 128 blocks are 9 s of media at the shortest blocks of 72 ms.
    private static let size = 128
    /// Per block its age, and the mask in `width` words, the lowest first.
    private var words: [UInt16] = []
    private var width = 0

    func mask(of block: UInt32) -> UInt64 {
        guard width > 0 else { return 0 }
        let at = place(block)
        guard words[at] == BlockRing.age(block) else { return 0 }
        var mask = UInt64(words[at + 1])
        if width > 1 {
            for word in 1..<width { mask |= UInt64(words[at + 1 + word]) << (16 * UInt64(word)) }
        }
        return mask
    }

    func contains(_ id: ChunkID) -> Bool { mask(of: id.block) >> UInt64(id.index) & 1 == 1 }

    mutating func insert(_ id: ChunkID) { insert(mask: 1 << UInt64(id.index), of: id.block) }

    mutating func insert(mask: UInt64, of block: UInt32) {
        let needed = max(1, (79 - mask.leadingZeroBitCount) / 16)
        if needed > width { widen(to: needed) }
        let at = place(block)
        let isKnown = words[at] == BlockRing.age(block)
        words[at] = BlockRing.age(block)
        for word in 0..<width {
            let part = UInt16(truncatingIfNeeded: mask >> (16 * UInt64(word)))
            words[at + 1 + word] = isKnown ? words[at + 1 + word] | part : part
        }
    }

    mutating func remove(_ id: ChunkID) {
        let word = Int(id.index) / 16
        guard word < width else { return }
        let at = place(id.block)
        guard words[at] == BlockRing.age(id.block) else { return }
        words[at + 1 + word] &= ~(1 << UInt16(id.index % 16))
    }

    /// The round of the ring that a block belongs to; it comes again after 8 million blocks, or nine days.
    private static func age(_ block: UInt32) -> UInt16 {
        UInt16(truncatingIfNeeded: block / UInt32(size))
    }

    private func place(_ block: UInt32) -> Int { Int(block) % BlockRing.size * (width + 1) }

    private mutating func widen(to wider: Int) {
        var grown = [UInt16](repeating: 0, count: BlockRing.size * (wider + 1))
        for slot in 0..<BlockRing.size where width > 0 {
            for word in 0...width {
                grown[slot * (wider + 1) + word] = words[slot * (width + 1) + word]
            }
        }
        words = grown
        width = wider
    }
}
