public import Telemetry

/// How a simulation went: what `simulate --json` prints.
///
/// Unknown values are nil and become `null`.
///
/// The measures are those of DESIGN section 10. The simulation itself measures lag, gaps, wire bytes and
/// what was handed over; what only cores know, their snapshots say.
public struct SimulationReport: Codable, Sendable {
    /// The name of the scenario; empty for a configuration without one.
    public var scenario = ""
    /// What the run was made from.
    public var seed: UInt64 = 0
    /// The fingerprint of the run, 16 hexadecimal digits.
    public var traceHash = ""
    /// How many events it had.
    public var eventCount = 0
    /// How many peers took part over the whole run, the source included.
    public var peers = 0
    /// How many viewers took part; one that comes again counts again.
    public var viewers = 0
    /// How long it took in virtual time.
    public var virtualS = 0.0
    /// How long it took in real time; whoever runs the world knows.
    @OrNull public var wallS: Double?
    /// Whether it was stopped before its end.
    public var isInterrupted = false
    /// Chunks in time ÷ chunks due, over the viewers that stayed to the end.
    public var continuity = Distribution()
    /// The same over all viewers, those that went included, to the end of each.
    public var continuityAll = Distribution()
    /// Media time handed over ÷ media time due, over the viewers that stayed to the end.
    public var pictureContinuity = Distribution()
    /// Source publish → hand-over of the same byte, over all deliveries of all viewers.
    public var lagMs = Quantiles()
    /// Packets handed over ÷ packets handed over or skipped since the swarm counts as formed, over the
    /// viewers that were there by then and stayed; 0 for one that hands over nothing.
    public var continuitySteady = Distribution()
    /// The lag since then, over all deliveries.
    public var lagSteadyMs = Quantiles()
    /// The 95th percentile of the lag of the viewer for whom it is greatest.
    @OrNull public var lagP95WorstMs: Double?
    /// Start of the viewer → first byte handed over.
    public var startupMs = Quantiles()
    /// Media bytes uploaded by the source ÷ media bytes of the stream.
    @OrNull public var sourceLoad: Double?
    /// Wire bytes uploaded by the source ÷ media bytes of the stream.
    @OrNull public var sourceWireLoad: Double?
    /// Share of the viewers' media bytes that did not come from the source.
    @OrNull public var p2pShare: Double?
    /// Share of the viewers' media bytes that came over two hops or more.
    @OrNull public var farShare: Double?
    /// (All wire bytes − media bytes handed over) ÷ media bytes handed over.
    @OrNull public var overhead: Double?
    /// Chunks received more than once ÷ chunks received, over the viewers.
    @OrNull public var duplicates: Double?
    /// The share of the viewers' time that their picture stood still, the mean.
    ///
    /// A player that holds half a second is assumed.
    @OrNull public var stallRatio: Double?
    /// Halts of the playout point.
    public var stalls = 0
    /// Chunks that had to be asked for.
    public var rescued = 0
    /// The fewest distinct parents of a viewer.
    @OrNull public var distinctParentsMin: Int?
    /// The longest time between two deliveries to one viewer.
    @OrNull public var gapMs: Double?
    /// The longest time between two deliveries right after a fault, over the viewers that stayed.
    public var recoveryMs = Quantiles()
    /// The mean rate of media at the viewers ÷ the most that is possible: the rate of the stream, what
    /// the source can send, and what all together can send, divided by the viewers (Kumar, Liu, Ross,
    /// INFOCOM 2007).
    ///
    /// The bound counts wire bytes as media, so that 1 cannot be reached when capacity is short.
    @OrNull public var rateOfBound: Double?
    /// Hops from the source over viewers and stripes, the mean at the end.
    @OrNull public var depthMean: Double?
    /// The most hops at the end.
    @OrNull public var depthMax: Int?
    /// Viewers that lost their patience before they had a picture.
    public var givenUp = 0
    /// Wire bytes that the tracker passed on for pairs that cannot meet; nil without a tracker at the end.
    @OrNull public var relayedBytes: Int?
    /// Datagrams sent.
    public var datagrams = 0
    /// Datagrams that the network lost, and that a queue before it dropped.
    public var datagramsLost = 0
    /// Calls after which a core was due again at once.
    public var immediateDeadlines = 0
    /// How many invariants were seen broken.
    public var violationCount = 0
    /// The first of each invariant.
    public var violations: [Violation] = []
    /// What the scenario expected, and what came.
    public var expectations: [Requirement.Outcome] = []
    /// The viewers that stayed to the end, in the order of joining; not part of the JSON.
    public var rows: [ViewerRow] = []
    /// The viewers that went before, in the order of going; not part of the JSON.
    public var departed: [ViewerRow] = []
    /// The swarm from second to second.
    public var timeline: [Timeline.Sample] = []
    /// The distribution of the lag over all deliveries: upper end in milliseconds and share of the
    /// deliveries up to it; not part of the JSON.
    public var lagCurve: [CurvePoint] = []
    /// What happened to the swarm as a whole, oldest first; not part of the JSON.
    public var happenings: [Happening] = []

    /// Whether no invariant broke and everything expected came.
    public var isPassed: Bool {
        violationCount == 0 && !isInterrupted && expectations.allSatisfy(\.isMet)
    }

    enum CodingKeys: String, CodingKey {
        case scenario, seed, peers, viewers, continuity, overhead, duplicates, stalls, rescued
        case violations, expectations, datagrams, timeline
        case traceHash = "trace_hash"
        case eventCount = "event_count"
        case virtualS = "virtual_s"
        case wallS = "wall_s"
        case isInterrupted = "interrupted"
        case continuityAll = "continuity_all"
        case pictureContinuity = "picture_continuity"
        case lagMs = "lag_ms"
        case continuitySteady = "continuity_steady"
        case lagSteadyMs = "lag_steady_ms"
        case lagP95WorstMs = "lag_p95_worst_ms"
        case startupMs = "startup_ms"
        case sourceLoad = "source_load"
        case sourceWireLoad = "source_wire_load"
        case p2pShare = "p2p_share"
        case farShare = "far_share"
        case stallRatio = "stall_ratio"
        case distinctParentsMin = "distinct_parents_min"
        case gapMs = "gap_ms"
        case recoveryMs = "recovery_ms"
        case rateOfBound = "rate_of_bound"
        case depthMean = "depth_mean"
        case depthMax = "depth_max"
        case givenUp = "given_up"
        case relayedBytes = "relayed_bytes"
        case datagramsLost = "datagrams_lost"
        case immediateDeadlines = "immediate_deadlines"
        case violationCount = "violation_count"
    }
}

/// A point of a cumulative distribution.
public struct CurvePoint: Sendable, Equatable {
    /// The value.
    public var value: Double
    /// The share of all values up to it, 0…1.
    public var share: Double
}

/// Something that happened to the swarm as a whole.
public struct Happening: Sendable, Equatable {
    /// Seconds since the start of the run.
    public var t: Double
    /// What, in a few words.
    public var text: String
}
