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

    /// The cap of the node whose source is beside the tracker, in wire bits per second; nil without one.
    ///
    /// Introductions may take more than `uploadCap` then, as long as the stream leaves it (`allowance`).
    public var nodeCap: BitRate?

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

    /// What introductions may take of such a node's cap while a crowd comes: half of it, but only what its
    /// source, which sends `rate` now, leaves when a fifth more is kept for it.
    ///
    /// A hundred viewers a second need 3 Mbit/s to be introduced to eight parents each, before the source
    /// can send them anything.
    static func allowance(of cap: BitRate, sending rate: BitRate) -> BitRate {
        let kept = min(cap.bitsPerSecond, max(0, rate.bitsPerSecond)) * 6 / 5
        return BitRate(bitsPerSecond: max(0, min(cap.bitsPerSecond / 2, cap.bitsPerSecond - kept)))
    }

    /// What such a node's cap leaves to its source.
    public static func rest(of cap: BitRate) -> BitRate {
        BitRate(bitsPerSecond: max(0, cap.bitsPerSecond - share(of: cap).bitsPerSecond))
    }

    /// Makes a configuration that serves any channel.
    public init() {}
}
