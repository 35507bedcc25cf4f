import Basics
import Dashboard
import Driving
import Gateway
import MediaIO
import Overlay
import Secrecy
import Synchronization
import Telemetry
import Transport
import Wire

/// Everything that `demo` runs: one source with its tracker, viewers, a gateway for the first viewer.
struct DemoSwarm: Sendable {
    /// One viewer and what it played.
    struct Viewer: Sendable {
        let name: String
        let driver: Driver
        let tally: Tally
    }

    let source: SourceStation
    let viewers: [Viewer]
    let gateway: Gateway
    private let history: LiveHistory

    /// What the last viewer's link suffers.
    private static let impairment = Impairment(loss: 0.05, delay: .milliseconds(20), seed: 5)

    /// The swarm as its tracker sees it, with the chunks and rescues of the viewer whose stream is at the
    /// URL: a source has none to show.
    var snapshot: SwarmSnapshot? {
        var snapshot = source.driver.snapshot?.showing(source.tap)
        let viewer = viewers.first?.driver.snapshot
        snapshot?.chunkMap = viewer?.chunkMap
        snapshot?.rescueTraces = viewer?.rescueTraces
        return snapshot
    }

    static func start(
        _ command: DemoCommand,
        _ state: StateDirectory,
        _ display: DisplayHost
    ) async throws -> DemoSwarm {
        let loopback = Endpoint(ipv4: 0x7F00_0001, port: 0)
        let source = try await SourceStation.start(
            SourceStation.Settings(
                name: "demo",
                listen: loopback,
                announce: nil,
                trackers: [],
                uploadCap: nil,
                redundancy: .auto,
                state: state,
                impairment: nil
            ),
            display: display
        )
        let history = LiveHistory()
        var viewers: [Viewer] = []
        for number in 1...command.viewers {
            let isLast = number == command.viewers && number > 1
            let settings = ViewerSettings(
                name: "viewer \(number)",
                link: source.link,
                source: source.driver.local,
                impairment: isLast ? impairment : nil,
                history: number == 1 ? history : nil
            )
            viewers.append(try await startViewer(settings, display))
        }
        let gateway = try await startGateway(
            command,
            history,
            viewers[0].driver,
            source.tap
        )
        return DemoSwarm(source: source, viewers: viewers, gateway: gateway, history: history)
    }

    private static func startGateway(
        _ command: DemoCommand,
        _ history: LiveHistory,
        _ driver: Driver,
        _ tap: PictureTap
    ) async throws -> Gateway {
        var channel = GatewayChannel(history: history) {
            driver.snapshot?.showing(tap) ?? SwarmSnapshot()
        }
        channel.poster = { tap.poster() }
        channel.movieMaker = .remux
        channel.why = { WhySentence.text(for: $0) }
        let configuration = try command.web.configuration([channel])
        do {
            return try await Gateway.start(configuration)
        } catch {
            throw CommandFailure(error)
        }
    }

    private struct ViewerSettings: Sendable {
        var name: String
        var link: ChannelLink
        var source: Endpoint
        var impairment: Impairment?
        var history: LiveHistory?
    }

    private static func startViewer(
        _ settings: ViewerSettings,
        _ display: DisplayHost
    ) async throws -> Viewer {
        var entropy = SystemEntropy.entropy()
        let identity = Identity.fresh(from: &entropy)
        let (secret, tally) = (entropy, Tally())
        var configuration = DriverConfiguration(listen: Endpoint(ipv4: 0x7F00_0001, port: 0))
        configuration.impairment = settings.impairment
        configuration.onDelivery = { delivery, now in
            tally.take(delivery)
            settings.history?.append(LiveChunk(delivery), at: now)
        }
        configuration.makePeer = { _, now in
            let tracker = PeerConfiguration.TrackerAddress(
                endpoint: settings.source,
                key: settings.link.trackers[0].key
            )
            let own = PeerConfiguration(
                channel: settings.link.channel,
                role: .viewer,
                name: settings.name,
                trackers: [tracker]
            )
            return Peer(own, identity: identity, entropy: secret, at: now)
        }
        do {
            let driver = try await Driver.start(configuration)
            return Viewer(name: settings.name, driver: driver, tally: tally)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// What each viewer received, in words, and whether all of them played.
    func verdict() -> (lines: [String], allPlayed: Bool) {
        var allPlayed = true
        let lines = viewers.map { viewer -> String in
            let tally = viewer.tally.value
            let own = viewer.driver.snapshot?.peers.first { $0.path == "self" }
            let isPlaying = tally.bytes > 0 && tally.keyFrames > 0
            if !isPlaying { allPlayed = false }
            let size = Double(tally.bytes) / 1e6
            let parts = [
                viewer.name, isPlaying ? "played" : "did not play",
                "\((size * 100).rounded() / 100) MB", "\(tally.keyFrames) key frames",
                own?.lagMs.map { "\(Int($0)) ms behind the source" } ?? "lag unknown",
                own?.continuity.map { "continuity \(($0 * 10_000).rounded() / 10_000)" }
                    ?? "continuity unknown",
                own?.rescued.map { "\($0) chunks rescued" } ?? "",
            ]
            return parts.filter { !$0.isEmpty }.joined(separator: "  ")
        }
        return (lines, allPlayed)
    }

    func stop() async {
        for viewer in viewers { await viewer.driver.stop() }
        history.finish()
        await gateway.stop()
        await source.stop()
    }
}

/// Counts what a viewer played.
final class Tally: Sendable {
    /// The counts.
    struct Counts {
        var bytes = 0
        var keyFrames = 0
        var jumps = 0
    }

    private let counts = Mutex(Counts())
    var value: Counts { counts.withLock { $0 } }

    func take(_ delivery: Delivery) {
        counts.withLock { counts in
            counts.bytes += delivery.bytes.count
            if delivery.startsKeyFrame { counts.keyFrames += 1 }
            if delivery.isDiscontinuity { counts.jumps += 1 }
        }
    }
}

extension LiveChunk {
    init(_ delivery: Delivery) {
        var marks: Marks = []
        if delivery.startsKeyFrame { marks.insert(.keyFrame) }
        if delivery.isDiscontinuity { marks.insert(.discontinuity) }
        self.init(bytes: delivery.bytes, mediaTime: delivery.mediaTime, marks: marks)
    }
}
