/// One tracker as a snapshot shows it.
public struct TrackerRow: Codable, Sendable, Equatable {
    /// Its address, `host:port`.
    public var place: String
    /// `member` when it has taken us in, `asked` while it has not answered, `silent` when it stopped
    /// to answer, `in line` while many join at once, `refused`.
    public var state: String
    /// Round trip to it in milliseconds.
    @OrNull public var rttMs: Double?
    /// Seconds since it was heard.
    @OrNull public var lastS: Double?
    /// How many viewers it counts.
    @OrNull public var viewers: Int?
    /// The number of its last plan of who feeds whom.
    @OrNull public var epoch: Int?

    /// Makes a row.
    public init(place: String, state: String) {
        self.place = place
        self.state = state
    }

    enum CodingKeys: String, CodingKey {
        case place, state, viewers, epoch
        case rttMs = "rtt_ms"
        case lastS = "last_s"
    }
}
