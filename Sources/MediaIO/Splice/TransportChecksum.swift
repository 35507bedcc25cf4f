/// The CRC-32/MPEG-2 that ends every table section (ISO/IEC 13818-1, annex A).
enum TransportChecksum {
    /// The checksum of bytes; 0 over a whole undamaged section.
    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            remainder ^= UInt32(byte) << 24
            for _ in 0..<8 {
                remainder = remainder << 1 ^ (remainder & 0x8000_0000 != 0 ? 0x04C1_1DB7 : 0)
            }
        }
        return remainder
    }
}
