/// One peer as a snapshot shows it.
public struct PeerRow: Codable, Sendable, Equatable {
    /// The identifier, 16 hexadecimal digits.
    public var id = ""
    /// The name that the peer gave itself; cleaned of everything but printable text.
    public var name = ""
    /// `source`, `viewer` or `relay`.
    public var role = ""
    /// The NAT type in words.
    @OrNull public var nat: String?
    /// How the path leads there: `direct`, `relayed`, or `self`.
    @OrNull public var path: String?
    /// Round trip to it in milliseconds.
    @OrNull public var rttMs: Double?
    /// Share of the datagrams to it or from it that were lost, 0…1.
    @OrNull public var loss: Double?
    /// Bits per second that it receives, all wire bytes.
    @OrNull public var downBps: Double?
    /// Bits per second that it sends, all wire bytes.
    @OrNull public var upBps: Double?
    /// Its playback lag in milliseconds.
    @OrNull public var lagMs: Double?
    /// Media held between the playout point and the newest chunk, in milliseconds.
    @OrNull public var bufferMs: Double?
    /// The playout delay that its buffer is meant to cover, in milliseconds.
    @OrNull public var bufferTargetMs: Double?
    /// Its continuity index.
    @OrNull public var continuity: Double?
    /// Chunks whose deadline passed since its start.
    @OrNull public var chunksDue: Int?
    /// Chunks delivered by their deadline since its start.
    @OrNull public var chunksInTime: Int?
    /// Its picture continuity.
    @OrNull public var pictureContinuity: Double?
    /// Its startup delay in milliseconds.
    @OrNull public var startupMs: Double?
    /// How often its playout point halted.
    @OrNull public var stalls: Int?
    /// Chunks that had to be asked for, because push did not bring them in time.
    @OrNull public var rescued: Int?
    /// Chunks that were asked for, whether they came in time or not.
    @OrNull public var rescuesAsked: Int?
    /// How well it served the peer that made the snapshot: the share of the chunks it owed that came
    /// when they were due, 0…1.
    @OrNull public var score: Double?
    /// Seconds since it was heard.
    @OrNull public var lastS: Double?
    /// Share of the media bytes that reached it over two hops or more, 0…1.
    @OrNull public var farShare: Double?
    /// Its parent's identifier per stripe.
    public var parents: [String: String] = [:]
    /// How many distinct peers it feeds.
    @OrNull public var children: Int?

    /// Makes an empty row.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case id, name, role, nat, path, loss, continuity, stalls, rescued, parents, children
        case score
        case rttMs = "rtt_ms"
        case downBps = "down_bps"
        case upBps = "up_bps"
        case lagMs = "lag_ms"
        case bufferMs = "buffer_ms"
        case pictureContinuity = "picture_continuity"
        case startupMs = "startup_ms"
        case farShare = "far_share"
        case bufferTargetMs = "buffer_target_ms"
        case chunksDue = "chunks_due"
        case chunksInTime = "chunks_in_time"
        case rescuesAsked = "rescues_asked"
        case lastS = "last_s"
    }
}

/// One feedback loop as a snapshot shows it.
public struct LoopRow: Codable, Sendable, Equatable {
    /// The loop's name, such as `redundancy`.
    public var name: String
    /// `steady`, `acting` or `limited`.
    public var state: String
    /// What the loop keeps its value at, in words with the unit.
    public var target: String
    /// The present value, in words with the unit.
    public var value: String
    /// What it did last, in words; empty when nothing yet.
    public var lastAction: String

    /// Makes a row.
    public init(name: String, state: String, target: String, value: String, lastAction: String) {
        self.name = name
        self.state = state
        self.target = target
        self.value = value
        self.lastAction = lastAction
    }

    enum CodingKeys: String, CodingKey {
        case name, state, target, value
        case lastAction = "last_action"
    }
}
