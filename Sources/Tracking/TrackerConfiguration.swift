public import Basics
public import Secrecy

/// What a tracker is told before it starts.
public struct TrackerConfiguration: Sendable {
    /// Cryptography, or its stand-in for simulations.
    public var suite = Suite.noise
    /// The only channel served; nil for any.
    public var channel: ChannelID?
    /// The most members over all channels.
    public var membersMax = 20_000
    /// The most channels.
    public var channelsMax = 256

    /// Makes a configuration that serves any channel.
    public init() {}
}
