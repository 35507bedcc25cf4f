public import Basics
public import Blocks
public import Secrecy
public import Wire

/// What a peer is told before it starts.
public struct PeerConfiguration: Sendable {
    /// A tracker to join through.
    public struct TrackerAddress: Sendable {
        /// Where it is.
        public var endpoint: Endpoint
        /// Its X25519 public key; nil when the peer has to ask for it.
        public var key: [UInt8]?

        /// Makes an address.
        public init(endpoint: Endpoint, key: [UInt8]?) {
            self.endpoint = endpoint
            self.key = key
        }
    }

    /// What only a source has.
    public struct Publishing: Sendable {
        /// The channel's record, signed by its authority.
        public var record: ChannelRecord
        /// The key that signs manifests.
        public var key: SourceKey

        /// Makes a source's part.
        public init(record: ChannelRecord, key: SourceKey) {
            self.record = record
            self.key = key
        }
    }

    /// The channel.
    public var channel: ChannelID
    /// What the peer does; a source also has `publishing`.
    public var role: Role
    /// The name that others see.
    public var name: String
    /// The trackers, best first.
    public var trackers: [TrackerAddress]
    /// A source's keys.
    public var publishing: Publishing?
    /// Cryptography, or its stand-in for simulations.
    public var suite = Suite.noise
    /// What the peer shares with others of its process; nil for a peer that is alone.
    public var pool: ContentPool?
    /// The hard cap of the uplink in wire bits per second; nil for none, 0 bit/s for no upload.
    public var uploadCap: BitRate?
    /// Playout delay behind the source; 0 hands over as soon as it is in order.
    public var latency = TimeSpan.seconds(1)
    /// Addresses on the own network.
    public var candidates: [Endpoint] = []
    /// Whom the peer's address may be shown to.
    public enum Exposure: Sendable {
        /// To the tracker, the source, and the viewers that it exchanges the stream with.
        case members
        /// To the tracker and the source alone, which then feeds it; it feeds nobody.
        case sourceOnly
    }

    /// Whether somebody looks at the host's NAT and will tell by `Peer.learn`: introductions wait for that.
    public var awaitsNat = false
    /// Whom the peer's address may be shown to.
    public var exposure = Exposure.members
    /// A source's fixed share of repair chunks in percent of the media, 0…50; nil for the loop.
    public var redundancyPercent: Int?
    /// The most neighbours: 32 in the partial view (DESIGN section 5), and room for their children.
    public var neighboursMax = 96

    /// Makes a configuration.
    public init(channel: ChannelID, role: Role, name: String, trackers: [TrackerAddress]) {
        self.channel = channel
        self.role = role
        self.name = name
        self.trackers = trackers
    }
}
