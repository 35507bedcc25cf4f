/// What is known of a swarm at one instant: what the dashboard draws and `watch --json` prints.
///
/// Every measure is defined once, here. Unknown values are nil and become `null`.
public struct SwarmSnapshot: Codable, Sendable, Equatable {
    /// The channel's identifier, 40 hexadecimal digits.
    public var channel = ""
    /// The channel's name.
    public var name = ""
    /// The identifier of the peer that made the snapshot; nil at a stand-alone tracker.
    @OrNull public var own: String?
    /// When the snapshot was made: the same clock as events.
    @OrNull public var madeAt: Double?
    /// The picture's size and rate in short, such as `720p30`.
    @OrNull public var video: String?
    /// The link that viewers join with.
    @OrNull public var link: String?
    /// Whether a block of media came from the source within the last 2 s.
    public var live = false
    /// Media bits per second that the source publishes, mean of the last seconds.
    @OrNull public var bitrateBps: Double?
    /// Seconds since the channel was first seen here.
    public var uptimeS = 0.0
    /// How many viewers take part.
    public var viewers = 0
    /// How many stripes the stream has.
    @OrNull public var stripes: Int?
    /// Media bytes uploaded by the source ÷ media bytes of the stream.
    @OrNull public var sourceLoad: Double?
    /// Share of the delivered media bytes that came from other peers than the source, 0…1.
    @OrNull public var p2pShare: Double?
    /// Share of the delivered media bytes that push did not bring: asked for or decoded, 0…1.
    @OrNull public var repairShare: Double?
    /// (All wire bytes including IP and UDP headers − media bytes delivered) ÷ media bytes delivered.
    @OrNull public var overhead: Double?
    /// Chunks received more than once ÷ chunks received.
    @OrNull public var duplicates: Double?
    /// Chunks delivered by their deadline ÷ chunks due, over the viewers.
    public var continuity = Spread()
    /// Media time handed over ÷ media time due, over the viewers.
    public var pictureContinuity = Spread()
    /// Source publish → viewer delivery of the same byte, in milliseconds, over the viewers.
    public var lagMs = Quantiles()
    /// Join sent → first picture-bearing byte delivered, in milliseconds, over the viewers.
    public var startupMs = Quantiles()
    /// How often a viewer's playout point halted for lack of data.
    public var stalls = 0
    /// The peers, the source first, then in order of their identifiers.
    public var peers: [PeerRow] = []
    /// The state of rescue by lent capacity.
    public var rescue = RescueRow()
    /// The feedback loops of the peer that made the snapshot.
    public var loops: [LoopRow] = []
    /// The latest events, oldest first.
    public var events: [EventRow] = []
    /// How late the process that made the snapshot gets its turn, median of the last 5 s, in milliseconds: an
    /// idle machine needs less than 1; nil in virtual time.
    @OrNull public var turnDelayMs: Double?
    /// The newest blocks as the peer that made the snapshot holds them.
    @OrNull public var chunkMap: ChunkMapRow?
    /// The latest rescues of that peer, oldest first; nil where nobody notes them.
    @OrNull public var rescueTraces: [RescueTraceRow]?
    /// The trackers that it knows; nil at a tracker.
    @OrNull public var trackers: [TrackerRow]?
    /// Our port on the home router; nil at what has none.
    @OrNull public var portMapping: PortMappingRow?
    /// How meeting other peers went; only in a peer's own snapshot.
    @OrNull public var meetings: MeetingsRow?
    /// What the tracker has done and dropped; only in a tracker's own snapshot.
    @OrNull public var tracking: TrackingRow?

    /// Makes an empty snapshot.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case channel, name, own, live, viewers, stripes, overhead, duplicates, continuity, stalls,
            peers
        case rescue, loops, events, video, link, trackers, meetings, tracking
        case madeAt = "made_at"
        case turnDelayMs = "turn_delay_ms"
        case portMapping = "port_mapping"
        case repairShare = "repair_share"
        case chunkMap = "chunk_map"
        case rescueTraces = "rescue_traces"
        case bitrateBps = "bitrate_bps"
        case uptimeS = "uptime_s"
        case sourceLoad = "source_load"
        case p2pShare = "p2p_share"
        case pictureContinuity = "picture_continuity"
        case lagMs = "lag_ms"
        case startupMs = "startup_ms"
    }
}

/// The mean and the worst viewer of a measure where more is better.
public struct Spread: Codable, Sendable, Equatable {
    /// The mean over the viewers.
    @OrNull public var mean: Double?
    /// The worst viewer.
    @OrNull public var worst: Double?

    /// Makes an unknown spread.
    public init() {}

    /// The mean and the least of some values; unknown when there are none.
    public init(of values: [Double]) {
        guard let least = values.min() else { return }
        mean = values.reduce(0, +) / Double(values.count)
        worst = least
    }
}

/// Quantiles over the viewers of a measure where less is better.
public struct Quantiles: Codable, Sendable, Equatable {
    /// The median.
    @OrNull public var p50: Double?
    /// The 95th percentile.
    @OrNull public var p95: Double?
    /// The 99th percentile.
    @OrNull public var p99: Double?
    /// The worst viewer.
    @OrNull public var worst: Double?

    /// Makes unknown quantiles.
    public init() {}

    /// The quantiles of some values (nearest rank); unknown when there are none.
    public init(of values: [Double]) {
        let sorted = values.sorted()
        guard let greatest = sorted.last else { return }
        func quantile(_ part: Double) -> Double {
            sorted[max(0, Int((part * Double(sorted.count)).rounded(.up)) - 1)]
        }
        p50 = quantile(0.5)
        p95 = quantile(0.95)
        p99 = quantile(0.99)
        worst = greatest
    }
}

/// The balance of upload, and the state of rescue.
public struct RescueRow: Codable, Sendable, Equatable {
    /// The state's name; unknown while nobody lends capacity.
    @OrNull public var state: String?
    /// Demand ÷ capacity.
    ///
    /// A viewer is told of the capacity without what the source gives beyond two copies, which plans ask
    /// for only in need: there it says something beside stripes without a parent, and nothing alone.
    @OrNull public var load: Double?
    /// Upload that all members offer, the source among them, bits per second of the wire.
    ///
    /// Who set no cap counts with twice what it has been seen to carry.
    @OrNull public var capacityBps: Double?
    /// Upload that the viewers need, one copy of the stream each, bits per second of the wire.
    @OrNull public var demandBps: Double?
    /// The identifiers of the rescuers.
    public var rescuers: [String] = []

    /// Makes an unknown state.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case state, load, rescuers
        case capacityBps = "capacity_bps"
        case demandBps = "demand_bps"
    }
}
