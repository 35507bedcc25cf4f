public import Basics

/// Reads big-endian fields from untrusted bytes; every read is checked.
public struct ByteReader {
    /// The bytes that are read.
    public let bytes: Bytes
    /// Index of the next byte.
    public internal(set) var position = 0

    /// Starts at the first byte.
    public init(_ bytes: Bytes) { self.bytes = bytes }

    /// How many bytes are left.
    public var remaining: Int { bytes.count - position }

    /// Reads one byte.
    public mutating func u8() throws(WireError) -> UInt8 {
        guard remaining >= 1 else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    /// Reads two bytes.
    public mutating func u16() throws(WireError) -> UInt16 {
        guard remaining >= 2 else { throw .truncated }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }
    /// Reads four bytes.
    public mutating func u32() throws(WireError) -> UInt32 {
        guard remaining >= 4 else { throw .truncated }
        defer { position += 4 }
        return bytes.word(at: position)
    }
    /// Reads eight bytes.
    public mutating func u64() throws(WireError) -> UInt64 {
        guard remaining >= 8 else { throw .truncated }
        defer { position += 8 }
        return UInt64(bytes.word(at: position)) << 32 | UInt64(bytes.word(at: position + 4))
    }
    /// Reads eight bytes as a signed number.
    public mutating func i64() throws(WireError) -> Int64 { Int64(bitPattern: try u64()) }

    /// Takes the next `count` bytes, sharing their storage.
    public mutating func take(_ count: Int) throws(WireError) -> Bytes {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { position += count }
        return bytes.slice(position, position + count)
    }

    /// Takes all that is left.
    public mutating func rest() -> Bytes {
        defer { position = bytes.count }
        return bytes.suffix(from: position)
    }

    /// Reads a count in one byte, at most `most`.
    public mutating func count(most: Int) throws(WireError) -> Int {
        let count = Int(try u8())
        guard count <= most else { throw .tooLong }
        return count
    }

    /// Reads text: a length in one byte, at most `most`, and that many bytes of UTF-8.
    public mutating func text(most: Int) throws(WireError) -> String {
        let length = try count(most: most)
        return String(decoding: try take(length).storageSlice, as: UTF8.self)
    }

    /// Reads an endpoint of 18 bytes.
    public mutating func endpoint() throws(WireError) -> Endpoint {
        Endpoint(high: try u64(), low: try u64(), port: try u16())
    }

    /// Reads up to `most` endpoints behind their count.
    public mutating func endpoints(most: Int) throws(WireError) -> [Endpoint] {
        var result: [Endpoint] = []
        for _ in 0..<(try count(most: most)) { result.append(try endpoint()) }
        return result
    }

    /// Reads up to `most` identifiers behind their count.
    public mutating func peers(most: Int) throws(WireError) -> [PeerID] {
        var result: [PeerID] = []
        for _ in 0..<(try count(most: most)) { result.append(PeerID(try u64())) }
        return result
    }
}
