public import Basics
public import Secrecy

/// Everything that one simulation is made from; with the code, it determines the trace.
public struct SimulationConfiguration: Sendable {
    /// Draws keys, delays, jitter, losses and victims.
    public var seed: UInt64 = 1
    /// How long the source publishes; then the run goes on until everything can have been played.
    public var duration = TimeSpan.seconds(20)
    /// Media bits per second.
    public var rate = BitRate.megabits(1)
    /// From one key frame to the next.
    public var keyFrameInterval = TimeSpan.seconds(1)
    /// Cryptography, or its stand-in.
    public var suite = Suite.standIn
    /// Where the tracker runs.
    public var trackerPlace = TrackerPlace.atSource
    /// The source's way to the network.
    public var sourceAccess = AccessLink()
    /// The cap that the source is told; nil for none.
    public var sourceCap: BitRate?
    /// The viewers, class by class.
    public var population: [ViewerClass]
    /// Delay, jitter, loss.
    public var network = NetworkModel()
    /// What goes wrong, and when.
    public var faults: [Fault] = []
    /// Clocks differ by up to this, either way.
    public var clockSkewMax = TimeSpan.zero

    /// One class of viewers with the defaults.
    public init(viewers: Int) { population = [ViewerClass(count: viewers)] }

    /// Where the tracker runs.
    public enum TrackerPlace: Sendable {
        /// In the source's process, at its endpoint, as `broadcast` does by default.
        case atSource
        /// On a machine of its own.
        case separate
    }

    /// How many stripes the stream has (DESIGN section 4).
    var stripeCount: Int { rate < .megabits(2.5) ? 8 : 16 }

    /// The latest that a viewer hands over what was published last.
    var drain: TimeSpan {
        let latency = population.map(\.latency).max() ?? .zero
        return max(latency, .seconds(1)) + .milliseconds(500)
    }
}

/// Viewers that are alike.
public struct ViewerClass: Sendable {
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

    /// A class with the defaults: joining within the first second, playing 1 s behind.
    public init(count: Int) { self.count = count }
}

/// A machine's way to the network: a rate and a queue in front of it that drops at its tail.
public struct AccessLink: Sendable {
    /// Wire bits per second upwards; nil for no limit.
    public var up: BitRate?
    /// The longest time that a datagram waits in the queue.
    public var queue = TimeSpan.milliseconds(200)

    /// A way without limit.
    public init() {}

    /// A way of some rate, with a queue of 200 ms.
    public init(up: BitRate) { self.up = up }
}

/// What the network between the machines does to datagrams.
public struct NetworkModel: Sendable {
    /// The mean one-way delay.
    public var delay = TimeSpan.milliseconds(20)
    /// How far the delay of a pair of machines is from the mean at most, as a share of it.
    public var delaySpread = 0.5
    /// Every datagram is delayed by up to this in addition; datagrams may overtake each other.
    public var jitter = TimeSpan.milliseconds(2)
    /// The share of datagrams that are lost, independently of each other.
    public var loss = 0.0

    /// 20 ms one way, 10 to 30 ms between pairs, 2 ms of jitter, no loss.
    public init() {}
}
