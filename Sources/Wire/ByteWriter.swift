public import Basics

/// Appends big-endian fields to an array.
public struct ByteWriter {
    /// What has been written.
    public private(set) var bytes: [UInt8]

    /// Starts empty, with room for `capacity` bytes.
    public init(capacity: Int = 64) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Writes one byte.
    public mutating func u8(_ value: UInt8) { bytes.append(value) }
    /// Writes two bytes.
    public mutating func u16(_ value: UInt16) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }
    /// Writes four bytes.
    public mutating func u32(_ value: UInt32) {
        u16(UInt16(value >> 16))
        u16(UInt16(truncatingIfNeeded: value))
    }
    /// Writes eight bytes.
    public mutating func u64(_ value: UInt64) {
        u32(UInt32(value >> 32))
        u32(UInt32(truncatingIfNeeded: value))
    }
    /// Writes eight bytes of a signed number.
    public mutating func i64(_ value: Int64) { u64(UInt64(bitPattern: value)) }
    /// Writes bytes as they are.
    public mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }
    /// Writes bytes as they are.
    public mutating func raw(_ value: Bytes) { bytes.append(contentsOf: value.storageSlice) }

    /// Writes text behind its length, cut to `most` bytes at a character's end.
    public mutating func text(_ value: String, most: Int) {
        var cut = Substring(value)
        while cut.utf8.count > most { cut = cut.dropLast() }
        u8(UInt8(cut.utf8.count))
        raw(cut.utf8)
    }

    /// Writes an endpoint in 18 bytes.
    public mutating func endpoint(_ value: Endpoint) {
        u64(value.high)
        u64(value.low)
        u16(value.port)
    }
    /// Writes up to 255 endpoints behind their count.
    public mutating func endpoints(_ value: [Endpoint]) {
        u8(UInt8(min(255, value.count)))
        for one in value.prefix(255) { endpoint(one) }
    }
    /// Writes up to 255 identifiers behind their count.
    public mutating func peers(_ value: [PeerID]) {
        u8(UInt8(min(255, value.count)))
        for one in value.prefix(255) { u64(one.value) }
    }

    /// Sets two bytes that were written before.
    mutating func patchU16(_ value: UInt16, at index: Int) {
        bytes[index] = UInt8(value >> 8)
        bytes[index + 1] = UInt8(truncatingIfNeeded: value)
    }
}
