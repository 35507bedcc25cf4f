public import Basics
import Wire

/// An initiation that waits for its response.
///
/// A responder accepts one timestamp only once, so a lost response needs a new initiation. The same
/// datagram goes out again only with a cookie: then the responder has not read it yet.
public struct PendingInitiation: Sendable {
    /// The datagram to send, 1,200 bytes.
    public private(set) var datagram: [UInt8]
    /// Names the coming session here: the receiver index in the response.
    public let localIndex: UInt32
    /// The other side's static public key.
    public let remoteKey: [UInt8]
    /// When the handshake began.
    public let startedAt: Instant

    private let flow: HandshakeFlow

    /// Nil when the agreement with the other side's key fails.
    init?(_ parameters: InitiationParameters, ephemeral: [UInt8], at now: Instant) {
        localIndex = parameters.localIndex
        remoteKey = parameters.remoteKey
        startedAt = now
        var writer = ByteWriter(capacity: Envelope.initiationSize)
        writer.u8(Envelope.firstByte(.initiation, parameters.service))
        writer.u32(parameters.localIndex)
        var flow = HandshakeFlow(
            HandshakeFlow.Start(
                suite: parameters.suite,
                side: .initiator,
                identity: parameters.identity,
                remoteKey: parameters.remoteKey,
                prologue: Handshake.prologue(header: writer.bytes, parameters.prologue),
                ephemeral: ephemeral
            )
        )
        let content = InitiationLayout.content(
            timestamp: now.nanoseconds,
            payload: parameters.payload
        )
        guard let message = try? flow.write(content) else { return nil }
        self.flow = flow
        writer.raw(message)
        writer.raw(repeatElement(0, count: InitiationLayout.mac1Start - writer.bytes.count))
        let key = InitiationLayout.mac1Key(responder: parameters.remoteKey, parameters.suite)
        writer.raw(InitiationLayout.mac1(writer.bytes[...], key: key))
        writer.raw(repeatElement(0, count: Primitives.tagSize))
        datagram = writer.bytes
        if let cookie = parameters.cookie { retry(withCookie: cookie) }
    }

    /// The MAC that a cookie reply must answer.
    public var sentMac1: [UInt8] {
        Array(datagram[InitiationLayout.mac1Start..<InitiationLayout.mac2Start])
    }

    /// Puts a cookie into the datagram, to be sent again.
    public mutating func retry(withCookie cookie: [UInt8]) {
        datagram.replaceSubrange(
            InitiationLayout.mac2Start...,
            with: InitiationLayout.mac2(datagram[...], cookie: cookie)
        )
    }

    /// Reads a response and makes the session.
    ///
    /// Nothing changes when it fails, so a forged response does not stop the true one. After a
    /// success drop this value: a second session of the same handshake would use its nonces again.
    public func finish(
        _ response: Bytes,
        at now: Instant
    ) throws(SecrecyError) -> (session: Session, payload: Bytes) {
        guard let remoteIndex = ResponseLayout.senderIndex(response, for: localIndex) else {
            throw .malformed
        }
        var flow = flow
        let message = response.suffix(from: ResponseLayout.noiseStart)
        let content = Bytes(try flow.read(message.array))
        let size = ResponseLayout.sealedHeaderSize
        guard content.slice(0, size) == response.slice(0, size) else { throw .forged }
        let agreement = Session.Agreement(
            flow: flow,
            side: .initiator,
            localIndex: localIndex,
            remoteIndex: remoteIndex,
            remoteKey: remoteKey
        )
        return (Session(agreement, at: now), content.suffix(from: size))
    }
}
