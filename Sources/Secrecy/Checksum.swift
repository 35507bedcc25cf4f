/// A fast 64-bit checksum in four lanes, for the suite without cryptography.
///
/// Every step is a bijection of its lane, so a single altered word always shows.
enum Checksum {
    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var lanes = (seed, seed ^ factor, seed &+ factor, ~seed)
        var at = 0
        while at + 32 <= bytes.count {
            lanes.0 = step(lanes.0, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            lanes.1 = step(lanes.1, bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self))
            lanes.2 = step(lanes.2, bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt64.self))
            lanes.3 = step(lanes.3, bytes.loadUnaligned(fromByteOffset: at + 24, as: UInt64.self))
            at += 32
        }
        while at < bytes.count {
            lanes.0 = step(lanes.0, UInt64(bytes[at]))
            at += 1
        }
        let folded = step(step(step(lanes.0, lanes.1), lanes.2), lanes.3)
        return mixed(folded ^ UInt64(bytes.count))
    }

    static func of(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
        bytes.withUnsafeBytes { of($0, seed: seed) }
    }

    /// 16 bytes in place of an AEAD tag.
    static func tag(_ sum: UInt64) -> [UInt8] {
        var tag: [UInt8] = []
        tag.append(littleEndian: sum)
        tag.append(littleEndian: second(sum))
        return tag
    }

    /// The second half of a tag.
    static func second(_ sum: UInt64) -> UInt64 { mixed(sum &+ factor) }

    private static func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let product = (lane ^ word.littleEndian) &* factor
        return product ^ product >> 29
    }

    /// The finalizer of SplitMix64.
    static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
