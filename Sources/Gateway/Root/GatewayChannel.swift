public import Telemetry

/// One channel that a gateway serves: its stream, its state and where they are found.
public struct GatewayChannel: Sendable {
    /// The folder under which the channel is, without slashes; empty for the root.
    ///
    /// The only channel of a gateway is at the root whatever stands here.
    public var folder: String
    /// The name that lists show; the snapshot's when empty.
    public var title = ""
    /// The stream to serve.
    public var history: LiveHistory
    /// Gives the present state of the swarm; called from any thread.
    public var snapshot: @Sendable () -> SwarmSnapshot
    /// Gives a picture of the stream as JPEG, nil while there is none; called from any thread.
    ///
    /// Without it there are no pictures of this channel.
    public var poster: (@Sendable () -> [UInt8]?)?

    /// Makes the movie that browsers and HLS players get; without it they get none.
    public var movieMaker: MovieMaker?
    /// The qualities to choose from; nil when there is one only.
    public var renditions: GatewayRenditions?
    /// Says in one plain sentence how things are, for the page.
    public var why: @Sendable (SwarmSnapshot) -> String = { _ in "" }

    /// Makes a channel.
    public init(
        folder: String = "",
        history: LiveHistory,
        snapshot: @escaping @Sendable () -> SwarmSnapshot
    ) {
        self.folder = folder
        self.history = history
        self.snapshot = snapshot
    }

    /// The name to show.
    var name: String {
        if !title.isEmpty { return title }
        let own = snapshot().name
        return own.isEmpty ? "Candela" : own
    }
}
