public import Basics
public import Wire

/// The datagram that opens a NAT: it shows that its sender was introduced, and carries nothing else.
///
///     0    kind and service
///     1    introduction u64
///     9    sender u64
///     17   MAC 16 under the introduction's token, over everything before it
public struct Punch: Sendable, Equatable {
    /// Bytes of a punch.
    public static let size = 33
    private static let macStart = 17

    /// The introduction that it follows.
    public let introduction: UInt64
    /// Who sends it.
    public let sender: PeerID
    private let datagram: Bytes

    /// A punch as a datagram.
    public static func emit(
        introduction: UInt64,
        sender: PeerID,
        token: PunchToken,
        service: Envelope.Service,
        suite: Suite = .noise
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: size)
        writer.u8(Envelope.firstByte(.punch, service))
        writer.u64(introduction)
        writer.u64(sender.value)
        writer.raw(mac(writer.bytes[...], token, suite))
        return writer.bytes
    }

    /// Reads a punch; its MAC is not checked here.
    public static func parse(_ datagram: Bytes) throws(WireError) -> Punch {
        guard datagram.count >= size else { throw .truncated }
        guard datagram.count == size else { throw .tooLong }
        guard let first = Envelope.parse(firstByte: datagram[0]) else { throw .unknownVersion }
        guard first.kind == .punch else { throw .badValue }
        var reader = ByteReader(datagram.suffix(from: 1))
        let introduction = try reader.u64()
        return Punch(
            introduction: introduction,
            sender: PeerID(try reader.u64()),
            datagram: datagram
        )
    }

    /// Whether the holder of the token made it.
    public func isValid(under token: PunchToken, suite: Suite = .noise) -> Bool {
        let expected = Punch.mac(datagram.slice(0, Punch.macStart).storageSlice, token, suite)
        return Primitives.areEqual(expected, datagram.suffix(from: Punch.macStart).storageSlice)
    }

    private static func mac(
        _ bytes: ArraySlice<UInt8>,
        _ token: PunchToken,
        _ suite: Suite
    ) -> [UInt8] {
        MacKey(token.bytes.array, suite).mac(of: bytes)
    }
}
