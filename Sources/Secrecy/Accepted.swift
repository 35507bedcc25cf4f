public import Basics

/// An initiation that was answered.
public struct Accepted: Sendable {
    /// The new session; unconfirmed until it opens its first datagram.
    public let session: Session
    /// The datagram to send back.
    public let response: [UInt8]
    /// The initiator's static public key, proved by the handshake.
    public let remoteKey: [UInt8]
    /// The initiator's payload.
    public let payload: Bytes
    /// The initiator's timestamp, for the `TimestampGuard`.
    public let timestamp: Int64
}
