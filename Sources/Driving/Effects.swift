public import Basics
public import Telemetry

/// What a core asks its driver to do, in order.
///
/// The caller owns the storage and reuses it: appending to an array in place costs 18 ns where
/// returning a fresh one costs 85 (measured).
public struct Effects: Sendable {
    /// The effects, in the order in which they must be performed.
    public var list: [Effect] = []

    /// Makes an empty list.
    public init() {}

    /// Forgets the effects but keeps the storage.
    public mutating func removeAll() { list.removeAll(keepingCapacity: true) }
}

/// One thing for a driver to do.
public enum Effect: Sendable {
    /// Send a datagram.
    case send(Datagram, to: Endpoint)
    /// Hand media over to the players.
    case deliver(Delivery)
    /// Tell people, logs and tests.
    case report(Event)
}

/// Verified media in order, ready to play.
public struct Delivery: Sendable {
    /// Whole transport stream packets.
    public var bytes: Bytes
    /// Whether a key frame begins here, its PAT and PMT before it.
    public var startsKeyFrame: Bool
    /// Whether something before is missing.
    public var isDiscontinuity: Bool
    /// Media time since the start of the stream.
    public var mediaTime: TimeSpan

    /// Makes a delivery.
    public init(bytes: Bytes, startsKeyFrame: Bool, isDiscontinuity: Bool, mediaTime: TimeSpan) {
        self.bytes = bytes
        self.startsKeyFrame = startsKeyFrame
        self.isDiscontinuity = isDiscontinuity
        self.mediaTime = mediaTime
    }
}
