/// A fast 64-bit checksum in eight lanes, for the suite without cryptography.
///
/// Every step is a bijection of its lane, so a single altered word always shows.
enum Checksum {
    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var low = Lanes(seed, seed ^ factor, seed &+ factor, ~seed)
        var high = Lanes(~low.a, ~low.b &+ 1, low.c ^ 1, low.d &+ 1)
        var at = 0
        while at + 64 <= bytes.count {
            low.take(bytes, at)
            high.take(bytes, at + 32)
            at += 64
        }
        while at + 8 <= bytes.count {
            low.a = step(low.a, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        while at < bytes.count {
            low.a = step(low.a, UInt64(bytes[at]))
            at += 1
        }
        return mixed(step(low.folded, high.folded) ^ UInt64(bytes.count))
    }

    /// Four sums that do not wait for each other.
    private struct Lanes {
        var a, b, c, d: UInt64

        init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
            (self.a, self.b, self.c, self.d) = (a, b, c, d)
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer, _ at: Int) {
            a = Checksum.step(a, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            b = Checksum.step(b, bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self))
            c = Checksum.step(c, bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt64.self))
            d = Checksum.step(d, bytes.loadUnaligned(fromByteOffset: at + 24, as: UInt64.self))
        }

        var folded: UInt64 { Checksum.step(Checksum.step(Checksum.step(a, b), c), d) }
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

    fileprivate static func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
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
