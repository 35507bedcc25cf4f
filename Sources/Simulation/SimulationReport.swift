public import Telemetry

/// How a simulation went: what `simulate --json` prints.
///
/// Unknown values are nil and become `null`.
///
/// The measures are those of DESIGN section 10. The simulation itself measures lag, gaps, wire bytes and
/// what was handed over; what only cores know, their snapshots say.
public struct SimulationReport: Codable, Sendable {
    /// What the run was made from.
    public var seed: UInt64 = 0
    /// The fingerprint of the run, 16 hexadecimal digits.
    public var traceHash = ""
    /// How many events it had.
    public var eventCount = 0
    /// How many viewers took part.
    public var viewers = 0
    /// How long it took in virtual time.
    public var virtualS = 0.0
    /// Chunks in time ÷ chunks due, over the viewers that stayed to the end.
    public var continuity = Spread()
    /// Media time handed over ÷ media time due, likewise.
    public var pictureContinuity = Spread()
    /// Source publish → hand-over of the same byte, over all deliveries of all viewers.
    public var lagMs = Quantiles()
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
    /// Halts of the playout point.
    public var stalls = 0
    /// Chunks that had to be asked for.
    public var rescued = 0
    /// The fewest distinct parents of a viewer.
    @OrNull public var distinctParentsMin: Int?
    /// The longest time between two deliveries to one viewer.
    @OrNull public var gapMs: Double?
    /// The same, right after a crash, a goodbye or a partition.
    @OrNull public var recoveryMs: Double?
    /// Datagrams sent.
    public var datagrams = 0
    /// Datagrams that the network lost, and that a queue before it dropped.
    public var datagramsLost = 0
    /// Calls after which a core was due again at once.
    public var immediateDeadlines = 0
    /// How many invariants were seen broken.
    public var violationCount = 0
    /// The first of them.
    public var violations: [Violation] = []
    /// The viewers that stayed to the end, in the order of joining.
    public var rows: [ViewerRow] = []

    enum CodingKeys: String, CodingKey {
        case seed, viewers, continuity, overhead, duplicates, stalls, rescued, violations, rows
        case datagrams
        case traceHash = "trace_hash"
        case eventCount = "event_count"
        case virtualS = "virtual_s"
        case pictureContinuity = "picture_continuity"
        case lagMs = "lag_ms"
        case lagP95WorstMs = "lag_p95_worst_ms"
        case startupMs = "startup_ms"
        case sourceLoad = "source_load"
        case sourceWireLoad = "source_wire_load"
        case p2pShare = "p2p_share"
        case farShare = "far_share"
        case distinctParentsMin = "distinct_parents_min"
        case gapMs = "gap_ms"
        case recoveryMs = "recovery_ms"
        case datagramsLost = "datagrams_lost"
        case immediateDeadlines = "immediate_deadlines"
        case violationCount = "violation_count"
    }
}

/// How one viewer fared.
public struct ViewerRow: Codable, Sendable {
    /// Its number in the order of joining.
    public var number = 0
    /// Chunks in time ÷ chunks due.
    @OrNull public var continuity: Double?
    /// Media time handed over ÷ due.
    @OrNull public var pictureContinuity: Double?
    /// The 95th percentile of its lag.
    @OrNull public var lagP95Ms: Double?
    /// From its start to the first byte handed over.
    @OrNull public var startupMs: Double?
    /// Bytes handed over.
    public var bytesDelivered = 0
    /// Packets of the programme that were skipped after the first.
    public var packetsSkipped = 0
    /// How often something was missing.
    public var discontinuities = 0
    /// The longest time between two deliveries.
    @OrNull public var gapMs: Double?
    /// Distinct parents over its stripes at the end.
    public var distinctParents = 0
    /// Share of its media bytes that came over two hops or more.
    @OrNull public var farShare: Double?
    /// Wire bytes sent.
    public var wireBytesOut = 0
    /// The most wire bytes that it was ever ahead of its upload cap; nil without a cap.
    @OrNull public var capExcess: Double?

    enum CodingKeys: String, CodingKey {
        case number, continuity, discontinuities
        case pictureContinuity = "picture_continuity"
        case lagP95Ms = "lag_p95_ms"
        case startupMs = "startup_ms"
        case bytesDelivered = "bytes_delivered"
        case packetsSkipped = "packets_skipped"
        case gapMs = "gap_ms"
        case distinctParents = "distinct_parents"
        case farShare = "far_share"
        case wireBytesOut = "wire_bytes_out"
        case capExcess = "cap_excess"
    }
}
