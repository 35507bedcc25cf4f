import Basics
import Blocks
import MediaIO
import Overlay
import Secrecy
import Surroundings
import Telemetry
import Tracking
import Transport
import Wire

/// A source at work: its keys, its port with peer and embedded tracker, its link.
struct SourceStation: Sendable {
    /// What a source is started with.
    struct Settings {
        var name: String
        var listen: Endpoint
        var announce: Endpoint?
        var trackers: [TrackerArgument]
        var uploadCap: BitRate?
        var redundancy: RedundancyArgument
        var state: StateDirectory
        var impairment: Impairment?
        var portMapping = PortWish.wanted
        /// Where the home router passes datagrams on to us.
        var outside: Endpoint?
        /// Which of the broadcast's channels this is: each is a peer of its own, with its own key.
        var part = 0

        /// Where others reach us, best first: the address given, else the router's and the machine's own.
        var places: @Sendable (Endpoint) -> [Endpoint] {
            { [announce, outside] local in
                let own = LocalAddress.announced(announce, local)
                guard announce == nil, let outside else { return [own] }
                return [outside, own]
            }
        }
    }

    let driver: Driver
    let link: ChannelLink
    /// Looks at what is broadcast.
    let tap = PictureTap()
    private let mapped: MappedPort
    private let nat: NatWatch

    var snapshot: @Sendable () -> SwarmSnapshot {
        { [driver, mapped, tap] in
            mapped.shown(in: driver.snapshot ?? SwarmSnapshot()).showing(tap)
        }
    }

    /// The embedded tracker as other channels of this process reach it.
    var nearTracker: TrackerArgument {
        let place = LocalAddress.announced(nil, driver.local)
        return TrackerArgument(
            tracker: .init(address: place.description, key: link.trackers.first?.key)
        )
    }

    /// Broadcasts packets.
    func publish(_ packets: [UInt8]) {
        tap.append(packets)
        driver.publish(packets)
    }

    /// Says goodbye to everybody, the router included.
    func stop() async {
        nat.stop()
        await driver.stop()
        await mapped.stop()
    }

    static func start(_ settings: Settings, display: DisplayHost) async throws -> SourceStation {
        try settings.state.prepare()
        var settings = settings
        settings.listen = MappedPort.settled(settings.listen)
        // Nothing is asked of the router for a port that is not ours.
        if !LocalPort.isFree(udp: settings.listen) { settings.portMapping = .unwanted }
        let keys = try Keys(settings)
        let trackers = try settings.trackers.map { argument in
            PeerConfiguration.TrackerAddress(
                endpoint: try AddressArgument(argument: argument.tracker.address)?.resolve()
                    ?? settings.listen,
                key: argument.tracker.key
            )
        }
        let others = settings.announce.map { [$0] } ?? trackers.map(\.endpoint)
        let mapped = MappedPort(settings.portMapping, settings.listen, talkingTo: others, display)
        // The link and the tracker tell where we are reached from everywhere.
        settings.outside = await mapped.outside()
        do {
            let driver = try await Driver.start(configuration(settings, keys, trackers, display))
            return SourceStation(
                driver: driver,
                link: keys.link(settings, at: settings.places(driver.local)),
                mapped: mapped,
                nat: NatWatch(driver, trackers: trackers.map(\.endpoint), mapped)
            )
        } catch {
            await mapped.stop()
            throw CommandFailure(error)
        }
    }

    private static func configuration(
        _ settings: Settings,
        _ keys: Keys,
        _ trackers: [PeerConfiguration.TrackerAddress],
        _ display: DisplayHost
    ) -> DriverConfiguration {
        var configuration = DriverConfiguration(listen: settings.listen)
        configuration.impairment = settings.impairment
        configuration.channel = keys.channel
        configuration.onEvent = { display.log($0) }
        let isEmbedded = trackers.isEmpty
        if isEmbedded {
            let entropy = SystemEntropy.entropy()
            var tracking = TrackerConfiguration()
            // Whoever reaches this tracker reaches the source beside it.
            tracking.relayCap = BitRate(bitsPerSecond: 0)
            if let cap = settings.uploadCap {
                tracking.uploadCap = TrackerConfiguration.share(of: cap)
                tracking.nodeCap = cap
            }
            let own = tracking
            configuration.makeTracker = { now in
                Tracker(
                    own,
                    identity: keys.tracker,
                    entropy: entropy,
                    at: now
                )
            }
        }
        let (peer, entropy) = (keys.peer, SystemEntropy.entropy())
        let template = keys.peerConfiguration(settings, trackers)
        let places = settings.places
        configuration.makePeer = { local, now in
            var own = template
            own.candidates = places(local)
            if isEmbedded {
                let near = LocalAddress.near(local)
                own.trackers = [.init(endpoint: near, key: keys.tracker.publicKey)]
            }
            return Peer(own, identity: peer, entropy: entropy, at: now)
        }
        return configuration
    }

    /// A source's keys, from its state directory.
    private struct Keys: Sendable {
        let authority: ChannelAuthority
        let source: SourceKey
        let peer: Identity
        let tracker: Identity
        let channel: ChannelID
        let epoch: UInt32

        init(_ settings: Settings) throws {
            let state = settings.state
            authority = try ChannelAuthority(privateKey: try state.secret("authority"))
            let part = settings.part == 0 ? "source" : "source-\(settings.part)"
            peer = try Identity(privateKey: try state.secret(part))
            tracker = try Identity(privateKey: try state.secret("tracker"))
            channel = authority.channel(named: settings.name)
            try state.lock(channel.description)
            epoch = try state.nextEpoch(channel: channel)
            guard let key = SourceKey(privateKey: SystemEntropy.bytes(32)) else {
                throw CommandFailure(.bug, "cannot make a signing key")
            }
            source = key
        }

        func peerConfiguration(
            _ settings: Settings,
            _ trackers: [PeerConfiguration.TrackerAddress]
        ) -> PeerConfiguration {
            var record = ChannelRecord(
                authorityKey: Bytes(authority.publicKey),
                name: settings.name,
                sourceKey: Bytes(source.publicKey),
                epoch: epoch
            )
            record.stripeCount = 8
            authority.sign(&record)
            var own = PeerConfiguration(
                channel: channel,
                role: .source,
                name: settings.name,
                trackers: trackers
            )
            own.publishing = .init(record: record, key: source)
            // The embedded tracker speaks through the same uplink.
            own.uploadCap = settings.uploadCap.map {
                trackers.isEmpty ? TrackerConfiguration.rest(of: $0) : $0
            }
            if case .fixed(let percent) = settings.redundancy { own.redundancyPercent = percent }
            return own
        }

        func link(_ settings: Settings, at places: [Endpoint]) -> ChannelLink {
            let embedded = places.map { place in
                ChannelLink.Tracker(address: place.description, key: tracker.publicKey)
            }
            let trackers = settings.trackers.map(\.tracker)
            return ChannelLink(
                channel: channel,
                trackers: trackers.isEmpty ? embedded : trackers,
                name: settings.name
            )
        }
    }
}
