/// The outermost grammar: what every UDP payload begins with.
///
///     byte 0      version (upper 3 bits), service (1 bit), kind (lower 4 bits)
///
///     initiation  sender index u32 · Noise IK message 1 · padding · mac1 16 · mac2 16 = 1,200 bytes
///     response    sender index u32 · receiver index u32 · Noise IK message 2
///     cookie      receiver index u32 · nonce 12 · sealed cookie 32 = 49 bytes
///     transport   receiver index u32 · counter u32 · sealed messages
///     punch       introduction u64 · sender u64 · MAC 16 = 33 bytes
///     discover    padding = 1,200 bytes
///     identity    static key 32
///     relay       ticket u64 · a datagram of one of the other kinds, at most 1,209 bytes in all
///
/// Everything after the handshake is inside `transport`. The service bit tells the two cores that
/// may share one UDP port apart, a peer and a tracker.
public enum Envelope {
    /// The version of the wire protocol; there is one suite per version and no negotiation.
    public static let version: UInt8 = 1
    /// The largest UDP payload: no fragmentation even at the IPv6 minimum MTU of 1,280 bytes.
    public static let datagramMax = 1_200
    /// The size of a first datagram, so that no answer to it is larger than it is.
    public static let initiationSize = 1_200
    /// The size of a transport datagram's header: kind, receiver index, counter.
    public static let transportHeaderSize = 9
    /// What a relay's header adds to a datagram: kind, ticket.
    ///
    /// With it even the largest fits the IPv6 minimum MTU: 1,209 + 48 of 1,280 bytes.
    public static let relayHeaderSize = 9
    /// The size of the tag that seals a transport datagram.
    public static let tagSize = 16
    /// The largest number of message bytes in one transport datagram.
    public static let messagesMax = datagramMax - transportHeaderSize - tagSize
    /// Bytes of IPv4 and UDP headers that every datagram costs on the wire.
    public static let headerOverhead = 28

    /// Which core a datagram is meant for.
    public enum Service: UInt8, Sendable {
        /// A peer.
        case peer = 0
        /// A tracker.
        case tracker = 1
    }

    /// What a datagram is.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// Opens a session: Noise IK message 1.
        case initiation = 1
        /// Answers an initiation: Noise IK message 2.
        case response = 2
        /// Asks to repeat the initiation with a cookie, under load.
        case cookie = 3
        /// Sealed messages.
        case transport = 4
        /// Opens a NAT; carries nothing but its MAC.
        case punch = 5
        /// Asks a tracker for its static key.
        case discover = 6
        /// A tracker's static key.
        case identity = 7
        /// To a tracker: pass on what follows, to whom the ticket says.
        ///
        /// From a tracker: passed on.
        case relay = 8
    }

    /// The first byte of a datagram.
    public static func firstByte(_ kind: Kind, _ service: Service) -> UInt8 {
        version << 5 | service.rawValue << 4 | kind.rawValue
    }

    /// The kind and the service in a first byte; nil for another version or an unknown kind.
    public static func parse(firstByte byte: UInt8) -> (kind: Kind, service: Service)? {
        guard byte >> 5 == version, let kind = Kind(rawValue: byte & 15),
            let service = Service(rawValue: byte >> 4 & 1)
        else { return nil }
        return (kind, service)
    }
}
