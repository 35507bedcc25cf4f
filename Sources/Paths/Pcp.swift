public import Basics
public import Wire

/// The grammar of the Port Control Protocol (RFC 6887), as far as one UDP port needs it: the opcode MAP.
///
///     request   2 · 1 · 0 u16 · lifetime u32 · client address 16 ·
///     answer    2 · 129 · 0 · result u8 · lifetime u32 · epoch u32 · 0 12 ·
///     both      nonce 12 · protocol u8 · 0 3 · inside port u16 · outside port u16 · outside address 16
public enum Pcp {
    /// The version in the first byte.
    public static let version: UInt8 = 2
    /// Bytes of a request and of the least answer to one.
    public static let size = 60
    /// The largest message (RFC 6887 section 7).
    public static let sizeMax = 1_100
    private static let mapOpcode: UInt8 = 1
    private static let udp: UInt8 = 17

    /// Ties an answer to its request, and keeps others from touching a mapping: 96 random bits.
    public struct Nonce: Hashable, Sendable {
        /// The first 4 bytes.
        public let high: UInt32
        /// The other 8 bytes.
        public let low: UInt64

        /// Makes a nonce from its bits, which must be real randomness.
        public init(high: UInt32, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    /// A mapping that is asked for or was given.
    public struct Mapping: Sendable, Equatable {
        /// Whose it is.
        public var nonce: Nonce
        /// The port on the inside.
        public var inside: UInt16
        /// The endpoint on the outside; in a request a wish, in which zeroes stand for any.
        public var outside: Endpoint
        /// For how many seconds; 0 removes it.
        public var lifetime: UInt32

        /// Makes a mapping.
        public init(nonce: Nonce, inside: UInt16, outside: Endpoint, lifetime: UInt32) {
            self.nonce = nonce
            self.inside = inside
            self.outside = outside
            self.lifetime = lifetime
        }
    }

    /// What a gateway says.
    public enum Answer: Sendable, Equatable {
        /// It has made or removed a mapping.
        case mapping(Mapping)
        /// It has not: its result code (RFC 6887 section 7.4) and after how many seconds it is worth
        /// asking again.
        case refused(code: UInt8, lifetime: UInt32)
    }

    /// The result code of gateways that speak another version.
    public static let unsupportedVersion: UInt8 = 1

    /// Asks for a mapping of a UDP port; the client is the address that the request leaves from.
    public static func mapRequest(_ mapping: Mapping, client: Endpoint) -> [UInt8] {
        var writer = ByteWriter(capacity: size)
        writer.u8(version)
        writer.u8(mapOpcode)
        writer.u16(0)
        writer.u32(mapping.lifetime)
        writer.u64(client.high)
        writer.u64(client.low)
        writer.u32(mapping.nonce.high)
        writer.u64(mapping.nonce.low)
        writer.u32(UInt32(udp) << 24)
        writer.u16(mapping.inside)
        writer.u16(mapping.outside.port)
        writer.u64(mapping.outside.high)
        writer.u64(mapping.outside.low)
        return writer.bytes
    }

    /// Reads an answer; options after it are skipped.
    public static func parse(_ datagram: Bytes) throws(WireError) -> Answer {
        guard datagram.count <= sizeMax else { throw .tooLong }
        var reader = ByteReader(datagram)
        let told = try reader.u8()
        let opcode = try reader.u8()
        guard opcode & 0x80 != 0 else { throw .badValue }
        _ = try reader.u8()
        let result = try reader.u8()
        let lifetime = try reader.u32()
        // A gateway of another version answers with its own, and with this code.
        guard told == version || (told > version && result == unsupportedVersion) else {
            throw .unknownVersion
        }
        _ = try reader.take(16)
        guard result == 0 else { return .refused(code: result, lifetime: lifetime) }
        guard opcode == 0x80 | mapOpcode, datagram.count.isMultiple(of: 4) else { throw .badValue }
        let nonce = Nonce(high: try reader.u32(), low: try reader.u64())
        guard try reader.u32() >> 24 == UInt32(udp) else { throw .badValue }
        let (inside, outside) = (try reader.u16(), try reader.u16())
        let endpoint = Endpoint(high: try reader.u64(), low: try reader.u64(), port: outside)
        return .mapping(
            Mapping(nonce: nonce, inside: inside, outside: endpoint, lifetime: lifetime)
        )
    }
}
