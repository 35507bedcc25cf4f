import Basics

/// The points of Ed25519 of small order: a signature under one proves nothing.
enum SmallOrder {
    /// Their y coordinates, canonical and not, without the sign of x (Chalkias, Garillot,
    /// Nikolaenko: "Taming the many EdDSAs", 2020, table 1).
    private static let encodings: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        Hex.bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Hex.bytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ].compactMap { $0 }

    static func contains(_ point: Bytes) -> Bool {
        guard point.count == 32 else { return true }
        var bytes = point.array
        bytes[31] &= 0x7F
        return encodings.contains(bytes)
    }
}
