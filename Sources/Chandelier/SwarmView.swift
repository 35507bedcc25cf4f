public import Basics

/// The swarm as the tracker knows it at one moment: all that a plan is made from.
public struct SwarmView: Sendable {
    /// The number of stripes, from 1 to 32; every stripe is a tree of its own.
    public var stripeCount: Int
    /// The peer that publishes the stream, the root of every tree.
    public var source: PeerID
    /// The members in any order, the source among them; without it, it has one seat per stripe.
    public var members: [Member]
    /// The rate of one stripe, which decides how many children are too many; 0 when it is unknown.
    public var stripeRate: BitRate
    /// How many links that work a plan may replace, per peer.
    ///
    /// A parent that is gone, has no seat left or cannot be reached is replaced regardless, and so
    /// is one whose seat is the only one that feeds somebody else.
    public var movesMax = 3
    /// Whether the swarm has formed: while a crowd comes every seat is needed, and nothing is kept free.
    public var isFormed = true
    /// Which classes of peers can connect.
    public var reachability = Reachability.full

    /// The most stripes that a view may have: `Member.needs` has a bit for each.
    public static let stripesMax = 32

    /// Makes a view.
    public init(stripeCount: Int, source: PeerID, members: [Member], stripeRate: BitRate) {
        precondition(
            (1...SwarmView.stripesMax).contains(stripeCount),
            "\(stripeCount) stripes"
        )
        self.stripeCount = stripeCount
        self.source = source
        self.members = members
        self.stripeRate = stripeRate
    }
}

extension SwarmView {
    /// One peer of the swarm.
    public struct Member: Sendable {
        /// Who it is.
        public var id: PeerID
        /// What it does; only `SwarmView.source` is a root, whatever this says.
        public var role: Role
        /// How many copies of a stripe it can upload, in all stripes together.
        public var seats: Int
        /// The network it is in, as `Endpoint.prefix` says it: near ones make good parents, backups
        /// are looked for in others.
        public var prefix: UInt64
        /// The stripes it wants: bit s is stripe s.
        public var needs: UInt32
        /// How long it has been a member.
        public var uptime: TimeSpan
        /// Its parent in each stripe now; missing entries count as none.
        public var parents: [PeerID?]
        /// The peers that it reports as unreachable, never to be its parents; the first 64 count.
        public var suspects: [PeerID] = []
        /// Its class in `SwarmView.reachability`; numbers too large count as the last one.
        public var reach: UInt8 = 0
        /// Where it is, if that is known.
        public var coordinate: Coordinate?
        /// The round-trip times that it measured; the first 32 count, before coordinates.
        public var roundTrips: [RoundTrip] = []

        /// Makes a member that has no parents yet and wants every stripe.
        public init(id: PeerID, role: Role, seats: Int, prefix: UInt64) {
            self.id = id
            self.role = role
            self.seats = seats
            self.prefix = prefix
            self.needs = .max
            self.uptime = .zero
            self.parents = []
        }
    }
}

extension SwarmView {
    /// How long it takes to another peer and back.
    public struct RoundTrip: Sendable, Equatable {
        /// The other peer.
        public var peer: PeerID
        /// The time there and back.
        public var span: TimeSpan

        /// Makes a measurement.
        public init(peer: PeerID, span: TimeSpan) {
            self.peer = peer
            self.span = span
        }
    }

    /// How many copies of a stripe fit into a measured upload capacity.
    ///
    /// A tenth is left for control, repair and error: the share of 0.9 is this reconstruction's.
    public static func seats(upload: BitRate, stripeRate: BitRate) -> Int {
        guard stripeRate.bitsPerSecond > 0, upload.bitsPerSecond > 0 else { return 0 }
        return Int(upload.bitsPerSecond / 10 * 9 / stripeRate.bitsPerSecond)
    }
}
