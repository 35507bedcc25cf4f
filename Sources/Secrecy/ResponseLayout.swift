import Basics
import Wire

/// The response, as it is on the wire.
///
///     0   kind and service
///     1   sender index u32
///     5   receiver index u32
///     9   Noise IK message 2, around: the first 5 bytes again · payload
///
/// They are inside too because nothing else authenticates them.
enum ResponseLayout {
    static let noiseStart = 9
    /// How much of the header is sealed too.
    static let sealedHeaderSize = 5
    static let sizeMax =
        noiseStart + Primitives.keySize + sealedHeaderSize + InitiationLayout.payloadMax
        + Primitives.tagSize

    /// The sender index, when the datagram is a response for a receiver index.
    static func senderIndex(_ datagram: Bytes, for receiverIndex: UInt32) -> UInt32? {
        guard datagram.count >= noiseStart, datagram.count <= sizeMax,
            Envelope.parse(firstByte: datagram[0])?.kind == .response
        else { return nil }
        var reader = ByteReader(datagram.suffix(from: 1))
        guard let sender = try? reader.u32(), let receiver = try? reader.u32(),
            receiver == receiverIndex
        else { return nil }
        return sender
    }
}
