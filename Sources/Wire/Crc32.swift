import Basics

/// The cyclic redundancy check of ITU V.42, as RFC 8489 section 14.7 uses it.
enum Crc32 {
    /// The remainders of all bytes by the reflected polynomial.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { rest, _ in
            rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1
        }
    }

    /// The check of some bytes.
    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { rest, byte in
            table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ rest >> 8
        }
    }
}
