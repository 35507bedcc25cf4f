public import Wire

/// What an initiator brings.
public struct InitiationParameters: Sendable {
    /// What protects the session.
    public var suite: Suite
    /// Who we are.
    public var identity: Identity
    /// The other side's static public key, 32 bytes.
    public var remoteKey: [UInt8]
    /// Which core of the other side the initiation is meant for.
    public var service: Envelope.Service
    /// Names the session here.
    public var localIndex: UInt32
    /// What both sides must know beforehand, such as the channel's identifier.
    public var prologue: [UInt8] = []
    /// Bytes for the other side, at most 256; sealed, but replayable.
    public var payload: [UInt8] = []
    /// A cookie that the other side sent within the last minute.
    public var cookie: [UInt8]?

    /// Makes parameters.
    public init(
        identity: Identity,
        remoteKey: [UInt8],
        service: Envelope.Service,
        localIndex: UInt32
    ) {
        suite = .noise
        self.identity = identity
        self.remoteKey = remoteKey
        self.service = service
        self.localIndex = localIndex
    }
}

/// What a responder brings.
public struct ResponseParameters: Sendable {
    /// What protects the session.
    public var suite: Suite
    /// Who we are.
    public var identity: Identity
    /// Names the session here.
    public var localIndex: UInt32
    /// What both sides must know beforehand, such as the channel's identifier.
    public var prologue: [UInt8] = []
    /// Bytes for the initiator, at most 256.
    public var payload: [UInt8] = []
    /// Which core of the initiator the response is meant for.
    public var service = Envelope.Service.peer

    /// Makes parameters.
    public init(identity: Identity, localIndex: UInt32) {
        suite = .noise
        self.identity = identity
        self.localIndex = localIndex
    }
}
