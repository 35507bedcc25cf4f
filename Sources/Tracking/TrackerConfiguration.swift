public import Basics
public import Chandelier
public import Secrecy

/// What a tracker is told before it starts.
public struct TrackerConfiguration: Sendable {
    /// Cryptography, or its stand-in for simulations.
    public var suite = Suite.noise
    /// The only channel served; nil for any.
    public var channel: ChannelID?
    /// Who plans epochs; the others are there to compare with.
    public var optimiser = Optimiser.chandelier
    /// The most members over all channels.
    public var membersMax = 20_000
    /// The most channels.
    public var channelsMax = 256

    /// What introductions may take of the uplink, in wire bits per second.
    public var uploadCap = BitRate(bitsPerSecond: 10_000_000)

    /// What relays between members may take of the uplink, in wire bits per second; 0 for no relaying.
    public var relayCap = BitRate(bitsPerSecond: 20_000_000)

    /// The tracker's share of a node's upload cap, when it runs beside a source: a tenth, at least
    /// 32 kbit/s, and half of a cap below that.
    ///
    /// A crowd of 60 needs about 100 kB of introductions before it can feed itself.
    public static func share(of cap: BitRate) -> BitRate {
        let bits = max(2, cap.bitsPerSecond)
        return BitRate(bitsPerSecond: min(bits / 2, max(32_000, bits / 10)))
    }

    /// What such a node's cap leaves to its source.
    public static func rest(of cap: BitRate) -> BitRate {
        BitRate(bitsPerSecond: max(0, cap.bitsPerSecond - share(of: cap).bitsPerSecond))
    }

    /// Makes a configuration that serves any channel.
    public init() {}
}
