public import Basics

/// A datagram that a tracker passes on, in its wrapping.
///
///     0    kind and service: the tracker on the way there, a peer on the way from there
///     1    ticket u64: the sender's on the way there, the receiver's on the way from there
///     9    the datagram of the two peers, which the tracker can neither read nor change
public struct Relayed: Sendable, Equatable {
    /// Whom it is for, or from: a number that only the tracker and one peer know.
    public let ticket: UInt64
    /// What is passed on.
    public let datagram: Bytes

    /// Takes the wrapping off; nil when it is none, or empty.
    public init?(parsing wrapped: Bytes) {
        guard wrapped.count > Envelope.relayHeaderSize,
            wrapped.count <= Envelope.datagramMax + Envelope.relayHeaderSize,
            Envelope.parse(firstByte: wrapped[0])?.kind == .relay
        else { return nil }
        var reader = ByteReader(wrapped.suffix(from: 1))
        guard let ticket = try? reader.u64() else { return nil }
        self.ticket = ticket
        datagram = wrapped.suffix(from: Envelope.relayHeaderSize)
    }

    /// Whether a datagram has the wrapping; looks at its first byte alone.
    public static func isLikely(_ datagram: Bytes) -> Bool {
        !datagram.isEmpty && Envelope.parse(firstByte: datagram[0])?.kind == .relay
    }

    /// Wraps a datagram.
    public static func wrap(
        _ datagram: some Sequence<UInt8>,
        ticket: UInt64,
        for service: Envelope.Service
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: Envelope.datagramMax + Envelope.relayHeaderSize)
        writer.u8(Envelope.firstByte(.relay, service))
        writer.u64(ticket)
        return writer.bytes + datagram
    }
}
