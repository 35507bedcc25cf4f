public import Telemetry

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
    /// How often its playout point halted.
    public var stalls = 0
    /// The share of its time that the picture stood still.
    @OrNull public var stallRatio: Double?
    /// The longest gap right after a fault.
    @OrNull public var recoveryMs: Double?
    /// Media bits per second handed over, from its first byte to the end of the programme.
    @OrNull public var goodputBps: Double?
    /// Chunks that had to be asked for.
    public var rescued = 0
    /// Wire bytes sent.
    public var wireBytesOut = 0
    /// The most wire bytes that it was ever ahead of its upload cap; nil without a cap.
    @OrNull public var capExcess: Double?

    enum CodingKeys: String, CodingKey {
        case number, continuity, discontinuities, stalls, rescued
        case stallRatio = "stall_ratio"
        case recoveryMs = "recovery_ms"
        case goodputBps = "goodput_bps"
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
