public import Basics
public import Wire

/// The grammar of NAT-PMP (RFC 6886), as far as one UDP port needs it.
///
///     address request   0 · 0
///     address answer    0 · 128 · result u16 · epoch u32 · address 4
///     map request       0 · 1 · 0 u16 · inside port u16 · outside port u16 · lifetime u32
///     map answer        0 · 129 · result u16 · epoch u32 · inside u16 · outside u16 · lifetime u32
public enum NatPmp {
    /// The port of gateways, for NAT-PMP and PCP (RFC 6886 section 3, RFC 6887 section 19).
    public static let port: UInt16 = 5_351
    /// The version in the first byte.
    public static let version: UInt8 = 0

    /// What a gateway says.
    public enum Answer: Sendable, Equatable {
        /// Its address on the outside; the port is 0.
        case address(Endpoint)
        /// It sends what comes to the outside port to the inside port, for a time.
        case mapping(inside: UInt16, outside: UInt16, lifetime: UInt32)
        /// It does not do what was asked: its result code, 1 up to 5 (RFC 6886 section 3.5).
        case refused(UInt16)
    }

    /// Asks for the gateway's address on the outside.
    public static let addressRequest: [UInt8] = [version, 0]

    /// Asks for a mapping of a UDP port for a number of seconds; 0 of them remove it.
    ///
    /// The outside port is a wish.
    public static func mapRequest(inside: UInt16, outside: UInt16, lifetime: UInt32) -> [UInt8] {
        var writer = ByteWriter(capacity: 12)
        writer.u8(version)
        writer.u8(1)
        writer.u16(0)
        writer.u16(inside)
        writer.u16(lifetime == 0 ? 0 : outside)
        writer.u32(lifetime)
        return writer.bytes
    }

    /// Reads an answer.
    public static func parse(_ datagram: Bytes) throws(WireError) -> Answer {
        var reader = ByteReader(datagram)
        guard try reader.u8() == version else { throw .unknownVersion }
        let opcode = try reader.u8()
        guard opcode >= 128 else { throw .badValue }
        let result = try reader.u16()
        _ = try reader.u32()
        guard result == 0 else { return .refused(result) }
        let answer: Answer
        switch opcode {
        case 128: answer = .address(Endpoint(ipv4: try reader.u32(), port: 0))
        case 129:
            let (inside, outside) = (try reader.u16(), try reader.u16())
            answer = .mapping(inside: inside, outside: outside, lifetime: try reader.u32())
        default: throw .badValue
        }
        guard reader.remaining == 0 else { throw .tooLong }
        return answer
    }
}
