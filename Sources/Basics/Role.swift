/// What a peer does in its swarm.
///
/// Role is data: source, relay and viewer are the same type.
public enum Role: UInt8, Sendable, CaseIterable {
    /// Publishes the stream.
    case source = 0
    /// Plays the stream and passes it on.
    case viewer = 1
    /// Passes the stream on without playing it.
    case relay = 2

    /// The word shown to people and written to JSON.
    public var name: String {
        switch self {
        case .source: "source"
        case .viewer: "viewer"
        case .relay: "relay"
        }
    }
}
