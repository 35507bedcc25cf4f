import ArgumentParser
import Basics
import Dashboard
import Gateway
import MediaIO
import Overlay
import Secrecy
import Telemetry
import Transport
import Wire

/// The command `candela join LINK`.
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join as a viewer; prints the playback URL.",
        discussion: """
            The one line on standard output is the folder of the playback URLs: open it in a browser, \
            or live.ts in it with any player. With --stdout the stream itself goes there instead.
            """
    )

    @Argument(help: "The link that 'candela broadcast' printed.")
    var link: String

    @Option(help: "HTTP address for players; the next free port if taken.")
    var http = AddressArgument(host: "127.0.0.1", port: 8_090)

    @Flag(help: "Write the stream to standard output.")
    var stdout = false

    @Option(help: "Record the stream to this file.")
    var record: String?

    @Option(help: "Start this player on the stream, like mpv.")
    var player: String?

    @Option(help: "UDP address to listen on.")
    var listen = AddressArgument(host: "0.0.0.0", port: 0)

    @Option(help: "Upload cap, like 2M; 0 for no upload.")
    var up: RateArgument?

    @Option(help: "Playout delay behind the source; 0 plays as soon as it is in order.")
    var latency = SpanArgument(.seconds(1))

    @Option(help: "How long to wait for a tracker and a source that are not there.")
    var wait = SpanArgument(.seconds(10))

    @Option(help: "The name that others see.")
    var name: String?

    @Flag(help: "Show your address to the tracker and the source alone, which then feeds you.")
    var relayOnly = false

    @OptionGroup var portMapping: PortMappingOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if latency.span > .seconds(60) { throw ValidationError("--latency takes 0 to 60s") }
        if stdout, record != nil || player != nil {
            throw ValidationError("--stdout goes alone; use --record or --player without it")
        }
        if let record, record.isEmpty { throw ValidationError("--record is empty") }
        if let player, player.isEmpty { throw ValidationError("--player is empty") }
    }

    func run() async throws {
        let parsed: ChannelLink
        do {
            parsed = try ChannelLink(parsing: link)
        } catch {
            throw CommandFailure(.data, "the link \(error.message)")
        }
        let display = try DisplayHost(common, dashboardByDefault: !stdout)
        let lifetime = Lifetime()
        let outputs = try Outputs(self, lifetime)
        let station = try await ViewerStation.start(
            settings(parsed),
            outputs: outputs,
            lifetime: lifetime,
            display: display
        )
        try await serve(parsed, station, outputs, lifetime, display)
    }

    private func settings(_ link: ChannelLink) throws(CommandFailure) -> ViewerStation.Settings {
        var trackers: [PeerConfiguration.TrackerAddress] = []
        for tracker in link.trackers {
            guard let address = AddressArgument(argument: tracker.address) else { continue }
            trackers.append(.init(endpoint: try address.resolve(), key: tracker.key))
        }
        return ViewerStation.Settings(
            channel: link.channel,
            trackers: trackers,
            name: PrintableText.clean(name ?? ""),
            listen: try listen.resolve(),
            uploadCap: up?.rate,
            latency: latency.span,
            wait: wait.span,
            impairment: common.impair?.impairment,
            portMapping: portMapping,
            exposure: relayOnly ? .sourceOnly : .members
        )
    }

    private func serve(
        _ link: ChannelLink,
        _ station: ViewerStation,
        _ outputs: Outputs,
        _ lifetime: Lifetime,
        _ display: DisplayHost
    ) async throws {
        var gateway: Gateway?
        if !stdout {
            let made = try await startGateway(outputs.history, station)
            gateway = made
            try StandardOutput.line(made.url)
            if let player { try PlayerProcess.start(player, url: made.url, lifetime: lifetime) }
        }
        let control = try? await ControlPoint.start(
            "join",
            StateDirectory(common.stateDir),
            tap: station.tap,
            snapshot: station.snapshot
        )
        let footer = gateway.map { "open \($0.url)" } ?? ""
        display.start(
            DashboardSetup(title: link.name, footer: footer),
            lifetime: lifetime,
            picture: { station.tap.dashboardPicture },
            snapshot: { station.driver.snapshot?.showing(station.tap) }
        )
        let reason = await lifetime.wait(seconds: common.seconds)
        display.stop()
        await station.stop()
        outputs.finish()
        await control?.stop()
        await gateway?.stop()
        try reason.conclude()
    }

    private func startGateway(_ history: LiveHistory, _ station: ViewerStation) async throws
        -> Gateway
    {
        var channel = GatewayChannel(history: history, snapshot: station.snapshot)
        channel.poster = { station.tap.poster() }
        channel.movieMaker = .remux
        channel.why = { WhySentence.text(for: $0) }
        var configuration = GatewayConfiguration(channels: [channel])
        configuration.host = http.host
        configuration.port = http.port
        do {
            return try await Gateway.start(configuration)
        } catch {
            throw CommandFailure(error)
        }
    }
}
