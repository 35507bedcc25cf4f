/// Which end of a handshake somebody is.
public enum HandshakeSide: Sendable {
    /// Sent the first message.
    case initiator
    /// Answered it.
    case responder
}
