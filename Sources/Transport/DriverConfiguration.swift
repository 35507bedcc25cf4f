public import Basics
public import Driving
public import Overlay
public import Telemetry
public import Tracking

/// What a driver needs to know.
public struct DriverConfiguration: Sendable {
    /// Where to listen; port 0 takes any free one.
    public var listen: Endpoint
    /// A link made worse on purpose.
    public var impairment: Impairment?
    /// Called on the event loop with media to play.
    public var onDelivery: @Sendable (Delivery, Instant) -> Void = { _, _ in }
    /// Called on the event loop when something happened.
    public var onEvent: @Sendable (Event) -> Void = { _ in }
    /// Called on the event loop once the stream has ended.
    public var onEnd: @Sendable () -> Void = {}
    /// Makes the peer, once the port is known.
    public var makePeer: (@Sendable (Endpoint, Instant) -> Peer)?
    /// Makes the tracker.
    public var makeTracker: (@Sendable (Instant) -> Tracker)?
    /// The channel whose swarm the tracker's snapshot shows; nil for its largest.
    public var channel: ChannelID?

    /// Makes a configuration without cores.
    public init(listen: Endpoint) { self.listen = listen }
}
