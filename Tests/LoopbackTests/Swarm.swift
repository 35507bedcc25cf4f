import Basics
import Blocks
import Driving
import Gateway
import Overlay
import Secrecy
import Synchronization
import Telemetry
import Tracking
import Transport
import Wire

/// Keeps what one viewer hands over.
final class Tap: Sendable {
    private struct Contents {
        var bytes: [UInt8] = []
        var jumps = 0
        var hasEnded = false
    }

    private let contents = Mutex(Contents())

    /// Everything handed over so far.
    var bytes: [UInt8] { contents.withLock(\.bytes) }
    /// How much that is.
    var count: Int { contents.withLock { $0.bytes.count } }
    /// How often something was missing.
    var jumps: Int { contents.withLock(\.jumps) }
    /// Whether the stream has ended.
    var hasEnded: Bool { contents.withLock(\.hasEnded) }

    func take(_ delivery: Delivery) {
        contents.withLock { contents in
            contents.bytes += delivery.bytes.storageSlice
            if delivery.isDiscontinuity { contents.jumps += 1 }
        }
    }

    func end() { contents.withLock { $0.hasEnded = true } }
}

/// A source with its tracker on sockets of this machine; viewers join it.
final class Swarm: Sendable {
    /// Where the tracker is.
    enum TrackerPlace {
        /// On the source's port.
        case embedded
        /// On a port of its own.
        case separate
    }

    static let loopback = Endpoint(ipv4: 0x7F00_0001, port: 0)

    let source: Driver
    /// Only of a separate tracker.
    let tracker: Driver?
    let link: ChannelLink
    private let channel: ChannelID
    private let place: PeerConfiguration.TrackerAddress

    private init(
        _ source: Driver,
        _ tracker: Driver?,
        _ channel: ChannelID,
        _ place: PeerConfiguration.TrackerAddress
    ) {
        self.source = source
        self.tracker = tracker
        self.channel = channel
        self.place = place
        let address = ChannelLink.Tracker(address: place.endpoint.description, key: place.key)
        link = ChannelLink(channel: channel, trackers: [address], name: "loopback")
    }

    static func start(_ trackerPlace: TrackerPlace) async throws -> Swarm {
        var entropy = fresh()
        let authority = ChannelAuthority.fresh(from: &entropy)
        let channel = authority.channel(named: "loopback")
        guard let key = SourceKey(privateKey: entropy.bytes(32)) else {
            throw TransportError(.io, "no signing key")
        }
        var record = ChannelRecord(
            authorityKey: .empty,
            name: "loopback",
            sourceKey: Bytes(key.publicKey),
            epoch: 1
        )
        authority.sign(&record)
        let publishing = PeerConfiguration.Publishing(record: record, key: key)
        let (trackerIdentity, identity) = (
            Identity.fresh(from: &entropy), Identity.fresh(from: &entropy)
        )
        let makeTracker: @Sendable (Instant) -> Tracker = { now in
            Tracker(TrackerConfiguration(), identity: trackerIdentity, entropy: fresh(), at: now)
        }
        var tracker: Driver?
        var configuration = DriverConfiguration(listen: loopback)
        switch trackerPlace {
        case .embedded: configuration.makeTracker = makeTracker
        case .separate:
            var own = DriverConfiguration(listen: loopback)
            own.makeTracker = makeTracker
            tracker = try await Driver.start(own)
        }
        let remote = tracker?.local
        configuration.makePeer = { local, now in
            var own = PeerConfiguration(
                channel: channel,
                role: .source,
                name: "loopback",
                trackers: [.init(endpoint: remote ?? local, key: trackerIdentity.publicKey)]
            )
            own.publishing = publishing
            own.candidates = [local]
            return Peer(own, identity: identity, entropy: fresh(), at: now)
        }
        let source = try await Driver.start(configuration)
        let place = PeerConfiguration.TrackerAddress(
            endpoint: remote ?? source.local,
            key: trackerIdentity.publicKey
        )
        return Swarm(source, tracker, channel, place)
    }

    /// Joins; what is handed over goes into the tap, and into a history for players.
    ///
    /// A playout delay gives a machine that has other work to do the time to do it.
    func join(
        _ name: String,
        into tap: Tap,
        latency: TimeSpan = .zero,
        history: LiveHistory? = nil
    ) async throws -> Driver {
        let (channel, place) = (channel, place)
        var configuration = DriverConfiguration(listen: Swarm.loopback)
        configuration.onDelivery = { delivery, now in
            tap.take(delivery)
            let marks: LiveChunk.Marks = delivery.startsKeyFrame ? .keyFrame : []
            history?.append(
                LiveChunk(bytes: delivery.bytes, mediaTime: delivery.mediaTime, marks: marks),
                at: now
            )
        }
        configuration.onEnd = { tap.end() }
        configuration.makePeer = { local, now in
            var entropy = Swarm.fresh()
            var own = PeerConfiguration(
                channel: channel,
                role: .viewer,
                name: name,
                trackers: [place]
            )
            own.latency = latency
            own.candidates = [local]
            let identity = Identity.fresh(from: &entropy)
            return Peer(own, identity: identity, entropy: entropy, at: now)
        }
        return try await Driver.start(configuration)
    }

    /// Publishes a part of the programme, evenly, at the programme's speed.
    func publish(_ bytes: [UInt8], of whole: Int) async throws {
        let rate = Double(whole) / Programme.seconds * Programme.speed
        let (clock, start) = (ContinuousClock(), ContinuousClock.now)
        var done = 0
        while done < bytes.count {
            let elapsed = (clock.now - start) / .seconds(1)
            let due = min(bytes.count, (Int(elapsed * rate) / 188 + 7) * 188)
            if due > done {
                source.publish(Array(bytes[done..<due]))
                done = due
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private static func fresh() -> Entropy {
        var generator = SystemRandomNumberGenerator()
        return Entropy(secret: (0..<32).map { _ in .random(in: .min ... .max, using: &generator) })
    }
}
