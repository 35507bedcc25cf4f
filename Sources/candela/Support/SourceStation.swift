import Basics
import Blocks
import MediaIO
import Overlay
import Secrecy
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
    }

    let driver: Driver
    let link: ChannelLink
    /// Looks at what is broadcast.
    let tap = PictureTap()

    var snapshot: @Sendable () -> SwarmSnapshot {
        { [driver, tap] in (driver.snapshot ?? SwarmSnapshot()).showing(tap) }
    }

    /// Broadcasts packets.
    func publish(_ packets: [UInt8]) {
        tap.append(packets)
        driver.publish(packets)
    }

    static func start(_ settings: Settings, display: DisplayHost) async throws -> SourceStation {
        try settings.state.prepare()
        let keys = try Keys(settings)
        var configuration = DriverConfiguration(listen: settings.listen)
        configuration.impairment = settings.impairment
        configuration.channel = keys.channel
        configuration.onEvent = { display.log($0) }
        if settings.trackers.isEmpty {
            let entropy = SystemEntropy.entropy()
            configuration.makeTracker = { now in
                Tracker(
                    TrackerConfiguration(),
                    identity: keys.tracker,
                    entropy: entropy,
                    at: now
                )
            }
        }
        let trackers = try settings.trackers.map { argument in
            PeerConfiguration.TrackerAddress(
                endpoint: try AddressArgument(argument: argument.tracker.address)?.resolve()
                    ?? settings.listen,
                key: argument.tracker.key
            )
        }
        let (peer, entropy) = (keys.peer, SystemEntropy.entropy())
        let template = keys.peerConfiguration(settings, trackers)
        let isEmbedded = trackers.isEmpty
        configuration.makePeer = { local, now in
            var own = template
            own.candidates = [LocalAddress.announced(settings.announce, local)]
            if isEmbedded {
                let near = LocalAddress.near(local)
                own.trackers = [.init(endpoint: near, key: keys.tracker.publicKey)]
            }
            return Peer(own, identity: peer, entropy: entropy, at: now)
        }
        let driver = try await startDriver(configuration)
        let link = keys.link(
            settings,
            at: LocalAddress.announced(settings.announce, driver.local)
        )
        return SourceStation(driver: driver, link: link)
    }

    private static func startDriver(_ configuration: DriverConfiguration) async throws -> Driver {
        do {
            return try await Driver.start(configuration)
        } catch {
            throw CommandFailure(error)
        }
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
            peer = try Identity(privateKey: try state.secret("source"))
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
            own.uploadCap = settings.uploadCap
            if case .fixed(let percent) = settings.redundancy { own.redundancyPercent = percent }
            return own
        }

        func link(_ settings: Settings, at place: Endpoint) -> ChannelLink {
            let embedded = ChannelLink.Tracker(
                address: place.description,
                key: tracker.publicKey
            )
            let trackers = settings.trackers.map(\.tracker)
            return ChannelLink(
                channel: channel,
                trackers: trackers.isEmpty ? [embedded] : trackers,
                name: settings.name
            )
        }
    }
}
