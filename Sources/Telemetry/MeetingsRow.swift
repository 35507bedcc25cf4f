/// How meeting other peers went, as a peer's own snapshot shows it; counted from its start.
public struct MeetingsRow: Codable, Sendable, Equatable {
    /// Introductions that were followed.
    public var introductions = 0
    /// Introductions that were refused: to an address that no peer has, or too many to one.
    public var introductionsRefused = 0
    /// Punches sent.
    public var punches = 0
    /// Punches that came and proved nothing: forged, late or from an address that no peer has.
    public var punchesRefused = 0
    /// Milliseconds from introductions to the paths that they led to, over the latest ones.
    public var pathMs = Quantiles()
    /// Pairs of neighbours that we have introduced, while they had no tracker.
    public var introduced = 0
    /// Neighbours that the tracker passes our datagrams on to, for no direct way leads there.
    public var relayed = 0
    /// Seconds between signs of life to neighbours: what keeps the NAT's mappings alive.
    public var keepAliveS = 0.0
    /// Neighbours whose address changed and who answered at the new one.
    public var moves = 0
    /// Datagrams dropped: foreign, damaged, replayed, or of no session that we have.
    public var dropped = 0
    /// Messages of neighbours or trackers that the protocol does not allow.
    public var violations = 0

    /// Makes zero counts.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case introductions, punches, moves, dropped, violations, relayed, introduced
        case pathMs = "path_ms"
        case keepAliveS = "keep_alive_s"
        case introductionsRefused = "introductions_refused"
        case punchesRefused = "punches_refused"
    }
}
