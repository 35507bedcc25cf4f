public import Basics
import Wire

/// Opens sessions: Noise IK in one round trip, over the datagrams `initiation` and `response`.
///
/// A first message can be replayed. So the responder passes it through its `Gate`, refuses what its
/// `TimestampGuard` has seen, and does nothing irreversible before the session `isConfirmed`.
public enum Handshake {
    /// The longest payload of either message in bytes.
    public static let payloadMax = InitiationLayout.payloadMax

    /// Begins a handshake with the holder of a known static key.
    ///
    /// The time becomes the message's timestamp, so a driver's clock must not go back between two
    /// runs of one identity. Nil when the payload is too long or the key is not 32 bytes, of low
    /// order, or our own.
    public static func initiate(
        _ parameters: InitiationParameters,
        entropy: inout Entropy,
        at now: Instant
    ) -> PendingInitiation? {
        guard parameters.payload.count <= payloadMax,
            parameters.remoteKey.count == Primitives.keySize,
            parameters.remoteKey != parameters.identity.publicKey
        else { return nil }
        return PendingInitiation(
            parameters,
            ephemeral: entropy.bytes(Primitives.keySize),
            at: now
        )
    }

    /// Reads an initiation that has passed the gate, and makes the response and the session.
    public static func respond(
        _ datagram: Bytes,
        _ parameters: ResponseParameters,
        entropy: inout Entropy,
        at now: Instant
    ) throws(SecrecyError) -> Accepted {
        guard parameters.payload.count <= payloadMax else { throw .malformed }
        let ephemeral = entropy.bytes(Primitives.keySize)
        return try answer(try read(datagram, parameters, ephemeral), parameters, at: now)
    }

    /// Whether our initiation is the one that goes on, when both sides have sent one.
    ///
    /// The smaller static key keeps its initiation, but only once each side has received the
    /// other's: until then either may be the only one that gets through.
    public static func keepsInitiation(ownKey: [UInt8], remoteKey: [UInt8]) -> Bool {
        ownKey.lexicographicallyPrecedes(remoteKey)
    }

    /// What both sides must agree on beforehand: the protocol and its version, the initiation's
    /// header with the sender's index, and what the owner adds.
    static func prologue(header: [UInt8], _ own: [UInt8]) -> [UInt8] {
        Array("candela".utf8) + [Envelope.version] + header + own
    }

    private struct Received {
        var flow: HandshakeFlow
        var remoteIndex: UInt32
        var remoteKey: [UInt8]
        var timestamp: Int64
        var payload: Bytes
    }

    private static func read(
        _ datagram: Bytes,
        _ parameters: ResponseParameters,
        _ ephemeral: [UInt8]
    ) throws(SecrecyError) -> Received {
        guard InitiationLayout.isSound(datagram) else { throw .malformed }
        let header = datagram.slice(0, InitiationLayout.noiseStart)
        var flow = HandshakeFlow(
            HandshakeFlow.Start(
                suite: parameters.suite,
                side: .responder,
                identity: parameters.identity,
                remoteKey: nil,
                prologue: prologue(header: header.array, parameters.prologue),
                ephemeral: ephemeral
            )
        )
        let message = datagram.slice(InitiationLayout.noiseStart, InitiationLayout.noiseEnd)
        let opened = try flow.read(message.array)
        var reader = ByteReader(header.suffix(from: 1))
        guard let content = InitiationLayout.parse(content: opened),
            let remoteKey = flow.remoteKey, let remoteIndex = try? reader.u32()
        else { throw .malformed }
        guard remoteKey != parameters.identity.publicKey else { throw .ownKey }
        return Received(
            flow: flow,
            remoteIndex: remoteIndex,
            remoteKey: remoteKey,
            timestamp: content.timestamp,
            payload: content.payload
        )
    }

    private static func answer(
        _ received: Received,
        _ parameters: ResponseParameters,
        at now: Instant
    ) throws(SecrecyError) -> Accepted {
        var flow = received.flow
        var writer = ByteWriter(capacity: ResponseLayout.sizeMax)
        writer.u8(Envelope.firstByte(.response, parameters.service))
        writer.u32(parameters.localIndex)
        let content = writer.bytes + parameters.payload
        writer.u32(received.remoteIndex)
        writer.raw(try flow.write(content))
        let agreement = Session.Agreement(
            flow: flow,
            side: .responder,
            localIndex: parameters.localIndex,
            remoteIndex: received.remoteIndex,
            remoteKey: received.remoteKey
        )
        return Accepted(
            session: Session(agreement, at: now),
            response: writer.bytes,
            remoteKey: received.remoteKey,
            payload: received.payload,
            timestamp: received.timestamp
        )
    }
}
