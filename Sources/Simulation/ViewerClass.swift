public import Basics

/// Viewers that are alike.
public struct ViewerClass: Sendable {
    /// What reports call them.
    public var name = "viewers"
    /// How many.
    public var count: Int
    /// When the first of them joins.
    public var joinAt = TimeSpan.milliseconds(500)
    /// The others join within this time after the first, at random.
    public var joinSpan = TimeSpan.milliseconds(500)
    /// Their playout delay behind the source; 0 plays as soon as possible.
    public var latency = TimeSpan.seconds(1)
    /// Their way to the network.
    public var access = AccessLink()
    /// The upload cap that they are told; nil for none.
    public var uploadCap: BitRate?
    /// Whoever has no picture after this time gives up and tries again; nil for endless patience.
    public var patience: TimeSpan?
    /// How many of them share one /24 network; 1 gives everybody a network of his own.
    public var perNetwork = 1
    /// The NATs that they are behind, one for each network; nil for public addresses.
    public var nat: NatPlan?

    /// A class with the defaults: joining within the first second, playing 1 s behind.
    public init(count: Int) { self.count = count }
}

/// A machine's way to the network: a rate each way, and a queue in front of each that drops at its
/// tail.
public struct AccessLink: Sendable, Equatable {
    /// Wire bits per second upwards; nil for no limit.
    public var up: BitRate?
    /// Wire bits per second downwards; nil for no limit.
    public var down: BitRate?
    /// The longest time that a datagram waits in either queue.
    public var queue = TimeSpan.milliseconds(200)

    /// A way without limit.
    public init() {}

    /// A way of some rate upwards, with a queue of 200 ms.
    public init(up: BitRate) { self.up = up }
}
