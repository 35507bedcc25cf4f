/// Binding requests (RFC 8489).
public struct BindingCounts: Codable, Sendable, Equatable {
    /// Those that came.
    public var requests = 0
    /// Those that were not answered: too many from one address, or nothing that may be answered.
    public var unanswered = 0

    /// Makes zero counts.
    public init() {}
}

/// What a tracker has done and dropped, counted from its start over all channels.
public struct TrackingRow: Codable, Sendable, Equatable {
    /// Pairs that it has brought together.
    public var introductions = 0
    /// Addresses that members claimed and that it has not seen them at: told to nobody.
    public var claimsIgnored = 0
    /// Joins that it refused.
    public var refusedJoins = 0
    /// Viewers that wait in line to be taken in.
    public var waiting = 0
    /// Datagrams dropped: foreign, damaged, replayed, or of no session or relay that it has.
    public var dropped = 0
    /// Messages of members that the protocol does not allow.
    public var violations = 0
    /// Pairs that it passes datagrams on between, now.
    public var relays = 0
    /// Datagrams that it has passed on.
    public var relayedDatagrams = 0
    /// Wire bytes that it has passed on.
    public var relayedBytes = 0
    /// Datagrams that it did not pass on because a cap was reached.
    public var relayOverCap = 0
    /// The cap of all relays together, in wire bits per second.
    public var relayCapBps = 0.0
    /// Binding requests of STUN that came to its ports; nil where it has no sockets.
    @OrNull public var bindings: BindingCounts?

    /// Makes zero counts.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case introductions, waiting, dropped, violations, relays, bindings
        case claimsIgnored = "claims_ignored"
        case refusedJoins = "refused_joins"
        case relayedDatagrams = "relayed_datagrams"
        case relayedBytes = "relayed_bytes"
        case relayOverCap = "relay_over_cap"
        case relayCapBps = "relay_cap_bps"
    }
}
