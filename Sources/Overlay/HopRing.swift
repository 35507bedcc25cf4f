import Basics

/// How many hops the chunks of recent blocks came over, 8 bits each.
struct HopRing: Sendable {
    private static let size = 128
    private var blocks = [UInt32](repeating: .max, count: size)
    private var hops = [UInt8](repeating: 0, count: size * 64)

    subscript(id: ChunkID) -> UInt8 {
        get {
            let at = Int(id.block) % HopRing.size
            return blocks[at] == id.block ? hops[at * 64 + Int(id.index & 63)] : 0
        }
        set {
            let at = Int(id.block) % HopRing.size
            if blocks[at] != id.block {
                blocks[at] = id.block
                for index in at * 64..<(at + 1) * 64 { hops[index] = 0 }
            }
            hops[at * 64 + Int(id.index & 63)] = newValue
        }
    }
}
