import Basics

/// How many hops the chunks of recent blocks came over, 8 bits each.
struct HopRing: Sendable {
    private static let size = 128
    private var blocks = [UInt32](repeating: .max, count: size)
    /// `width` chunks per block, as many as the largest one had so far.
    private var hops: [UInt8] = []
    private var width = 0

    subscript(id: ChunkID) -> UInt8 {
        get {
            let (at, index) = (Int(id.block) % HopRing.size, Int(id.index & 63))
            return blocks[at] == id.block && index < width ? hops[at * width + index] : 0
        }
        set {
            let (at, index) = (Int(id.block) % HopRing.size, Int(id.index & 63))
            if index >= width { widen(to: min(64, index / 16 * 16 + 16)) }
            if blocks[at] != id.block {
                blocks[at] = id.block
                for place in at * width..<(at + 1) * width { hops[place] = 0 }
            }
            hops[at * width + index] = newValue
        }
    }

    private mutating func widen(to wider: Int) {
        var grown = [UInt8](repeating: 0, count: HopRing.size * wider)
        for at in 0..<HopRing.size {
            for index in 0..<width { grown[at * wider + index] = hops[at * width + index] }
        }
        hops = grown
        width = wider
    }
}
