import Basics
import Blocks
import Chandelier
import Overlay
import Secrecy
import Tracking
import Wire

/// Makes the cores: their keys come from the seed, their settings from the configuration.
struct Cast {
    private let suite: Suite
    /// Nil with real cryptography: then every peer checks everything by itself.
    private let pool: ContentPool?
    private let name = "simulation"
    private let channel: ChannelID
    private let authority: ChannelAuthority
    private let sourceKey: SourceKey?
    private let sourceIdentity: Identity
    private let trackerIdentity: Identity
    private let stripeCount: Int
    private let sourceCap: BitRate?
    private let isTrackerAtSource: Bool
    private let optimiser: Optimiser
    private var entropy: Entropy
    private var epoch: UInt32 = 0

    init(_ configuration: SimulationConfiguration, random: inout SeededRandom) {
        suite = configuration.suite
        switch configuration.suite {
        case .noise: pool = nil
        case .standIn: pool = ContentPool()
        }
        stripeCount = configuration.stripeCount
        sourceCap = configuration.sourceCap
        optimiser = configuration.optimiser
        isTrackerAtSource = configuration.trackerPlace == .atSource
        let secret = (0..<4).flatMap { _ -> [UInt8] in
            let word = random.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        entropy = Entropy(secret: secret)
        authority = ChannelAuthority.fresh(from: &entropy)
        channel = authority.channel(named: name)
        sourceKey = SourceKey(privateKey: entropy.bytes(32))
        sourceIdentity = Identity.fresh(from: &entropy)
        trackerIdentity = Identity.fresh(from: &entropy)
    }

    /// A tracker that serves any channel.
    mutating func tracker(at now: Instant) -> Tracker {
        var configuration = TrackerConfiguration()
        configuration.suite = suite
        configuration.optimiser = optimiser
        if isTrackerAtSource, let sourceCap {
            configuration.uploadCap = TrackerConfiguration.share(of: sourceCap)
            configuration.nodeCap = sourceCap
        }
        return Tracker(
            configuration,
            identity: trackerIdentity,
            entropy: Entropy(secret: entropy.bytes(32)),
            at: now
        )
    }

    /// The source; every one after the first has a new epoch.
    mutating func source(tracker: Endpoint, at now: Instant) -> Peer {
        epoch += 1
        var configuration = PeerConfiguration(
            channel: channel,
            role: .source,
            name: "source",
            trackers: [.init(endpoint: tracker, key: trackerIdentity.publicKey)]
        )
        configuration.suite = suite
        configuration.pool = pool
        configuration.uploadCap = sourceCap.map {
            isTrackerAtSource ? TrackerConfiguration.rest(of: $0) : $0
        }
        if let key = sourceKey {
            var record = ChannelRecord(
                authorityKey: .empty,
                name: name,
                sourceKey: Bytes(key.publicKey),
                epoch: epoch
            )
            record.stripeCount = UInt8(stripeCount)
            authority.sign(&record)
            configuration.publishing = .init(record: record, key: key)
        }
        return Peer(
            configuration,
            identity: sourceIdentity,
            entropy: Entropy(secret: entropy.bytes(32)),
            at: now
        )
    }

    /// A viewer who knows the tracker's address but not its key, as from a link.
    mutating func viewer(
        number: Int,
        _ plan: ViewerClass,
        tracker: Endpoint,
        own candidates: [Endpoint],
        awaitsNat: Bool,
        at now: Instant
    ) -> Peer {
        var configuration = PeerConfiguration(
            channel: channel,
            role: .viewer,
            name: "viewer-\(number)",
            trackers: [.init(endpoint: tracker, key: nil)]
        )
        configuration.suite = suite
        configuration.pool = pool
        configuration.latency = plan.latency
        configuration.candidates = candidates
        configuration.awaitsNat = awaitsNat
        configuration.uploadCap = plan.uploadCap
        let identity = Identity.fresh(from: &entropy)
        return Peer(
            configuration,
            identity: identity,
            entropy: Entropy(secret: entropy.bytes(32)),
            at: now
        )
    }
}
