import Basics
import Driving
import Gateway
import Glibc
import MediaIO
import Overlay
import Secrecy
import Synchronization
import Telemetry
import Transport

/// A viewer at work: its port, and the watch over whether anything comes.
struct ViewerStation: Sendable {
    /// How long to wait for a source that is not there.
    struct Patience: Sendable {
        var time: TimeSpan
        /// Whether the user asked for it: then nothing but the end of that time is a failure.
        var isWanted: Bool
    }

    /// What a viewer is started with.
    struct Settings: Sendable {
        var channel: ChannelID
        var trackers: [PeerConfiguration.TrackerAddress]
        var name: String
        var listen: Endpoint
        var uploadCap: BitRate?
        var latency: TimeSpan
        var wait: Patience
        var impairment: Impairment?
        var portMapping = PortWish.wanted
        var exposure = PeerConfiguration.Exposure.members
    }

    let driver: Driver
    /// Looks at what is played.
    let tap: PictureTap
    private let mapped: MappedPort
    private let nat: NatWatch
    private let progress: Progress

    var snapshot: @Sendable () -> SwarmSnapshot {
        { [driver, mapped, tap] in
            mapped.shown(in: driver.snapshot ?? SwarmSnapshot()).showing(tap)
        }
    }

    /// Says goodbye to everybody, and to the router.
    func stop() async {
        progress.end()
        nat.stop()
        await driver.stop()
        await mapped.stop()
    }

    /// What a viewer hands its media to.
    struct Sink: Sendable {
        /// Looks at what is played.
        let tap: PictureTap
        /// Called on the event loop with every delivery.
        let take: @Sendable (Delivery, Instant) -> Void
    }

    static func start(
        _ settings: Settings,
        sink: Sink,
        display: DisplayHost,
        onStop: @escaping @Sendable (StopReason) -> Void
    ) async throws -> ViewerStation {
        var entropy = SystemEntropy.entropy()
        // A fresh key per run: nobody can follow a viewer from one evening to the next.
        let identity = Identity.fresh(from: &entropy)
        let secret = entropy
        let progress = Progress()
        var configuration = DriverConfiguration(listen: settings.listen)
        configuration.impairment = settings.impairment
        configuration.onDelivery = { delivery, now in
            progress.note(now)
            sink.take(delivery, now)
        }
        configuration.onEvent = { event in
            progress.note(event)
            display.log(event)
        }
        configuration.onEnd = { onStop(.streamEnded) }
        configuration.makePeer = { local, now in
            var own = PeerConfiguration(
                channel: settings.channel,
                role: .viewer,
                name: settings.name,
                trackers: settings.trackers
            )
            own.uploadCap = settings.uploadCap
            own.latency = settings.latency
            own.candidates = LocalAddress.candidates(local)
            own.exposure = settings.exposure
            own.awaitsNat = NatWatch.looks(for: settings.trackers.map(\.endpoint))
            return Peer(own, identity: identity, entropy: secret, at: now)
        }
        let driver: Driver
        do {
            driver = try await Driver.start(configuration)
        } catch {
            throw CommandFailure(error)
        }
        let watch = SourceWatch(progress: progress, settings: settings, display: display)
        watch.start(driver.clock, onStop)
        let trackers = settings.trackers.map(\.endpoint)
        // Who is shown to nobody has no use for a port that anybody may send to.
        let wish = settings.exposure == .sourceOnly ? PortWish.unwanted : settings.portMapping
        let mapped = MappedPort(wish, driver.local, talkingTo: trackers, display)
        let nat = NatWatch(driver, trackers: trackers, mapped)
        return ViewerStation(
            driver: driver,
            tap: sink.tap,
            mapped: mapped,
            nat: nat,
            progress: progress
        )
    }
}
