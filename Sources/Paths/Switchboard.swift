public import Basics
public import Secrecy
public import Wire

/// All links of one core: takes datagrams apart, runs handshakes, seals and opens.
///
/// A session's index on the wire is its link's slot in the lower 16 bits and a generation in the upper
/// ones, so that finding the link is one array access. The table never grows above its bound.
public struct Switchboard: ~Copyable {
    /// What a switchboard needs to know.
    public struct Configuration: Sendable {
        /// Our static key.
        public var identity: Identity
        /// Cryptography, or its stand-in for simulations.
        public var suite: Suite
        /// Which core we are.
        public var service: Envelope.Service
        /// Bound to every handshake: protocol, version and channel.
        public var prologue: [UInt8]
        /// The most links at a time.
        public var linksMax: Int
        /// Whether long bodies are sealed where they are.
        public var bodies = Bodies.copied

        /// What becomes of a message's long body when it is sealed.
        public enum Bodies: Sendable {
            /// It becomes part of one run of bytes, as a socket needs it.
            case copied
            /// It stays where it is; with the stand-in of cryptography only.
            case shared
        }

        /// Makes a configuration.
        public init(
            identity: Identity,
            suite: Suite,
            service: Envelope.Service,
            prologue: [UInt8],
            linksMax: Int
        ) {
            self.identity = identity
            self.suite = suite
            self.service = service
            self.prologue = prologue
            self.linksMax = min(linksMax, 65_535)
        }
    }

    /// What a datagram or a deadline brought.
    public enum Event {
        /// A handshake is through; messages can be sent on this slot.
        case established(Int)
        /// Opened messages from this slot.
        case messages(Int, Content)
        /// A punch; whether it is genuine is for the introductions to say.
        case punch(Punch, Endpoint)
        /// Somebody's handshake did not come through; the slot is free again.
        case failed(Int, PeerID)
        /// This slot's remote has another address now, and has answered there.
        case moved(Int)
        /// A tracker's static key, unauthenticated.
        case identity([UInt8], Endpoint)
    }

    /// Handshake attempts before a remote counts as unreachable: 0.25 + 0.5 + 1 + 2 s of trying.
    static let attemptsMax = 5
    /// The first wait for an answer, doubled each time.
    static let retryFirst = TimeSpan.milliseconds(250)

    /// The configuration.
    public let configuration: Configuration
    /// The links by slot.
    public internal(set) var links: [Link?] = []
    /// Datagrams dropped, by cause.
    public internal(set) var drops = DropCounts()
    var entropy: Entropy
    var gate: Gate
    var timestamps = TimestampGuard()
    var slots: [PeerID: Int] = [:]
    private var generation: UInt16 = 0
    /// Before this, `advance` has nothing to do.
    var careAt = Instant.origin

    /// Makes a switchboard without links.
    public init(_ configuration: Configuration, entropy: Entropy) {
        self.configuration = configuration
        self.entropy = entropy
        let gateSecret = self.entropy.bytes(32)
        gate = Gate(
            publicKey: configuration.identity.publicKey,
            secret: gateSecret,
            suite: configuration.suite
        )
    }

    /// The slot of a remote, if there is a link to it.
    public func slot(of remote: PeerID) -> Int? { slots[remote] }

    /// Whether messages can be sent to a slot.
    public func isEstablished(_ slot: Int) -> Bool { links[slot]?.isEstablished ?? false }

    /// Seals messages for a slot, the last of them in two parts if it has a long body; nil when there
    /// is no session.
    public mutating func seal(
        _ messages: [UInt8],
        _ body: Bytes = .empty,
        for slot: Int,
        at now: Instant
    ) -> Outgoing? {
        guard slot < links.count, let link = links[slot] else { return nil }
        if configuration.bodies == .shared, !body.isEmpty, !link.endpoint.isRelayed,
            let shared = link.current?.sealAround(body, messages, service: link.farService)
        {
            link.sentAt = now
            return Outgoing(shared, to: link.endpoint)
        }
        guard let bytes = link.current?.seal(messages, body, service: link.farService)
        else { return nil }
        link.sentAt = now
        return Outgoing(bytes: bytes, endpoint: link.endpoint)
    }

    /// A key for the punches of one introduction.
    public mutating func freshToken() -> Bytes { PunchToken.fresh(from: &entropy).bytes }

    /// Forgets a link.
    public mutating func drop(_ slot: Int) {
        guard links.indices.contains(slot), let link = links[slot] else { return }
        slots[link.remote] = nil
        links[slot] = nil
    }

    /// Whether one more link fits.
    public var hasRoom: Bool { slots.count < configuration.linksMax }

    func makeIndex(_ slot: Int) -> UInt32 { UInt32(generation) << 16 | UInt32(slot) }

    mutating func nextIndex(_ slot: Int) -> UInt32 {
        generation &+= 1
        return makeIndex(slot)
    }

    mutating func allocate(_ key: [UInt8], _ endpoint: Endpoint, at now: Instant) -> Int? {
        let remote = PeerID(publicKey: key)
        if let slot = slots[remote], let known = links[slot], known.remoteKey == key {
            return slot
        }
        guard slots[remote] == nil, hasRoom else { return nil }
        let slot = links.firstIndex { $0 == nil } ?? links.count
        if slot == links.count { links.append(nil) }
        links[slot] = Link(slot: slot, remoteKey: key, endpoint: endpoint, at: now)
        careAt = .origin
        slots[remote] = slot
        return slot
    }
}

/// Datagrams that were dropped, by cause; shown in status, never answered.
public struct DropCounts: Sendable, Equatable {
    /// Not our protocol or version.
    public var foreign = 0
    /// Handshakes that the gate, the cryptography or the table's bound refused.
    public var handshakes = 0
    /// For a session that we do not have.
    public var unknownSession = 0
    /// Forged, damaged, replayed or too old.
    public var unopened = 0
    /// Opened, but not messages of our grammar.
    public var malformed = 0

    /// Makes zero counts.
    public init() {}
    /// All together.
    public var total: Int { foreign + handshakes + unknownSession + unopened + malformed }
}
