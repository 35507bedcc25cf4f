public import Basics
public import Chandelier
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
    /// Who plans the tracker's epochs.
    public var optimiser = Optimiser.chandelier
    /// The source's way to the network.
    public var sourceAccess = AccessLink()
    /// The cap that the source is told; nil for none.
    public var sourceCap: BitRate?
    /// The source's NAT; nil for a public address.
    ///
    /// The tracker has to be on a machine of its own then.
    public var sourceNat: NatPlan?
    /// The viewers, class by class.
    public var population: [ViewerClass]
    /// Delay, jitter, loss.
    public var network = NetworkModel()
    /// What goes wrong, and when.
    public var faults: [Fault] = []
    /// How viewers come and go by themselves; nil for a constant audience.
    public var churn: Churn?
    /// How long after the last fault everybody must play without a hole; nil when nothing is asked.
    public var settle: TimeSpan?
    /// So long after the start the swarm counts as formed, for the measures of a steady swarm; nil when
    /// those are not wanted.
    public var steadyFrom: TimeSpan?
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
