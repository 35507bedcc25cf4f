import Basics
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
    /// What a viewer is started with.
    struct Settings: Sendable {
        var channel: ChannelID
        var trackers: [PeerConfiguration.TrackerAddress]
        var name: String
        var listen: Endpoint
        var uploadCap: BitRate?
        var latency: TimeSpan
        var wait: TimeSpan
        var impairment: Impairment?
        var portMapping = PortMappingOptions()
        var exposure = PeerConfiguration.Exposure.members
    }

    /// A stream that has played and then stays away for so long is over; an encoder that returns
    /// within a minute is not noticed by players.
    static let absenceMax = TimeSpan.seconds(60)

    let driver: Driver
    /// Looks at what is played.
    let tap: PictureTap
    private let mapped: MappedPort
    private let nat: NatWatch

    var snapshot: @Sendable () -> SwarmSnapshot {
        { [driver, mapped, tap] in
            mapped.shown(in: driver.snapshot ?? SwarmSnapshot()).showing(tap)
        }
    }

    /// Says goodbye to everybody, and to the router.
    func stop() async {
        nat.stop()
        await driver.stop()
        await mapped.stop()
    }

    static func start(
        _ settings: Settings,
        outputs: Outputs,
        lifetime: Lifetime,
        display: DisplayHost
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
            outputs.take(delivery, at: now)
        }
        configuration.onEvent = { event in
            progress.note(event)
            display.log(event)
        }
        configuration.onEnd = { lifetime.stop(.streamEnded) }
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
            return Peer(own, identity: identity, entropy: secret, at: now)
        }
        let driver: Driver
        do {
            driver = try await Driver.start(configuration)
        } catch {
            throw CommandFailure(error)
        }
        watch(progress, settings, driver.clock, lifetime)
        let trackers = settings.trackers.map(\.endpoint)
        let mapped = MappedPort(settings.portMapping, driver.local, talkingTo: trackers, display)
        let nat = NatWatch(driver, trackers: trackers, mapped)
        return ViewerStation(driver: driver, tap: outputs.tap, mapped: mapped, nat: nat)
    }

    /// Stops the command when nothing comes for too long, with words for the cause.
    private static func watch(
        _ progress: Progress,
        _ settings: Settings,
        _ clock: DriverClock,
        _ lifetime: Lifetime
    ) {
        let start = clock.now
        Thread.detach {
            while true {
                usleep(200_000)
                guard let failure = progress.verdict(settings, start, clock.now) else { continue }
                lifetime.stop(.failed(failure))
                return
            }
        }
    }
}

/// How far a viewer has come, for the words at the end.
final class Progress: Sendable {
    private struct State {
        var deliveredAt: Instant?
        var hasTracker = false
        var isRefused = false
    }

    private let state = Mutex(State())

    func note(_ now: Instant) { state.withLock { $0.deliveredAt = now } }

    func note(_ event: Event) {
        guard event.kind == .tracker else { return }
        state.withLock { state in
            if event.severity == .info { state.hasTracker = true }
            if event.text.contains("refused") { state.isRefused = true }
        }
    }

    /// What to say when there is nothing to play; nil while there is hope.
    func verdict(
        _ settings: ViewerStation.Settings,
        _ start: Instant,
        _ now: Instant
    ) -> CommandFailure? {
        let now = now
        return state.withLock { state in
            if let last = state.deliveredAt {
                guard now - last > ViewerStation.absenceMax else { return nil }
                return CommandFailure(
                    .sourceOffline,
                    "nothing has come for a minute; the source is offline"
                )
            }
            if state.isRefused {
                return CommandFailure(.refused, "the tracker refused us; is the link current?")
            }
            guard now - start > settings.wait + settings.latency else { return nil }
            let place = settings.trackers.first.map { $0.endpoint.description } ?? "?"
            if state.hasTracker {
                return CommandFailure(
                    .sourceOffline,
                    "the tracker answers, but the source is offline; try again later or use --wait"
                )
            }
            return CommandFailure(
                .unreachable,
                "cannot reach the tracker at \(place) over UDP; is the broadcast running, and does"
                    + " a firewall stand between?"
            )
        }
    }
}
