public import Basics
public import Secrecy
public import Wire

/// The secured way to one remote peer or tracker: its sessions, and how to reach it.
///
/// An object that its switchboard alone changes: a look at one field must not copy three sessions.
public final class Link {
    /// Where in its switchboard the link is.
    public let slot: Int
    /// The remote's X25519 public key.
    public let remoteKey: [UInt8]
    /// The remote's identifier.
    public let remote: PeerID
    /// Which core at the remote's address we talk to.
    public internal(set) var farService = Envelope.Service.peer
    /// Where datagrams to the remote go: where it has last answered from.
    public internal(set) var endpoint: Endpoint
    /// When an authentic datagram last came.
    public internal(set) var receivedAt: Instant
    /// When a datagram was last sealed for it.
    public internal(set) var sentAt: Instant
    /// The session in use; nil until a handshake is through.
    public internal(set) var current: Session?
    /// What a link has while it is set up or renewed, and no longer.
    private var extras: Extras?
    var pendingSentAt: Instant
    /// Where the remote seems to be now, while it has not answered there.
    var move: Move?
    var attempts = 0
    /// When to send the initiation again, or to begin a new one.
    var retryAt: Instant?

    /// A question to a new place.
    struct Move {
        var endpoint: Endpoint
        /// Whoever gives it back is there.
        var nonce: Int64
        var askedAt: Instant
    }

    init(slot: Int, remoteKey: [UInt8], endpoint: Endpoint, at now: Instant) {
        self.slot = slot
        self.remoteKey = remoteKey
        remote = PeerID(publicKey: remoteKey)
        self.endpoint = endpoint
        receivedAt = now
        sentAt = now
        pendingSentAt = now
    }

    /// The session before, for what is still on its way.
    var previous: Session? {
        get { extras?.previous }
        set { change { $0.previous = newValue } }
    }
    /// A session that the remote opened and has not used yet.
    var next: Session? {
        get { extras?.next }
        set { change { $0.next = newValue } }
    }
    /// Our own handshake under way.
    var pending: PendingInitiation? {
        get { extras?.pending }
        set { change { $0.pending = newValue } }
    }

    /// Where our own handshake goes, if elsewhere than everything else.
    var pendingWay: Endpoint? {
        get { extras?.pendingWay }
        set { change { $0.pendingWay = newValue } }
    }

    /// Apart, for most links have none of it most of the time.
    private final class Extras {
        var previous: Session?
        var next: Session?
        var pending: PendingInitiation? {
            didSet { if pending == nil { pendingWay = nil } }
        }
        var pendingWay: Endpoint?
        var isEmpty: Bool {
            previous == nil && next == nil && pending == nil && pendingWay == nil
        }
    }

    private func change(_ body: (Extras) -> Void) {
        let extras = extras ?? Extras()
        body(extras)
        self.extras = extras.isEmpty ? nil : extras
    }

    /// When its switchboard has to do something about it, if nothing comes before.
    var careAt: Instant {
        if let retryAt { return retryAt }
        return current?.rekeyAt ?? receivedAt + Switchboard.unusedMax
    }

    /// Whether messages can be sent.
    public var isEstablished: Bool { current != nil }
}
