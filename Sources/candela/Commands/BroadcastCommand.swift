import ArgumentParser
import Basics
import Dashboard
import MediaIO
import Telemetry
import Transport
import Wire

/// The command `candela broadcast SOURCE`.
struct BroadcastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broadcast",
        abstract: "Broadcast a stream; prints its link.",
        discussion: """
            SOURCE is a file (MP4, Matroska, MPEG-TS), '-' for MPEG-TS on standard input, \
            udp://HOST:PORT, or pattern:[WxH@FPS[,RATE]] for a test picture.

            The one line on standard output is the link that viewers join with.
            """
    )

    @Argument(help: "What to broadcast.")
    var source: String

    @Option(help: "The channel's name (default: the source's).")
    var name: String?

    @Option(help: "UDP address to listen on; one port for everything.")
    var listen = AddressArgument(host: "0.0.0.0", port: 4_300)

    @Option(help: "Address that viewers reach this machine at, put into the link.")
    var announce: AddressArgument?

    @Option(help: "Also write the link to this file.")
    var linkFile: String?

    @Flag(help: "Begin anew when the file ends.")
    var loop = false

    @Option(help: "Upload cap, like 5M.")
    var up: RateArgument?

    @Option(help: "Tracker to join through, HOST:PORT[/KEY]; repeatable (default: embedded).")
    var tracker: [TrackerArgument] = []

    @Option(help: "Repair chunks: auto, or a fixed share up to 50%.")
    var redundancy: RedundancyArgument = .auto

    @OptionGroup var portMapping: PortMappingOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if source.isEmpty { throw ValidationError("SOURCE is empty") }
        if let name, name.isEmpty { throw ValidationError("--name is empty") }
        if let up, up.rate.bitsPerSecond == 0 {
            throw ValidationError("--up 0 would send nothing; leave it out for no cap")
        }
        if let announce, announce.port == 0 {
            throw ValidationError("--announce needs a port from 1 to 65535")
        }
    }

    func run() async throws {
        // The source first: a bad one must not leave keys, ports or files behind.
        let ingest: Ingest
        do {
            let repetition: IngestOptions.Repetition = loop ? .loop : .once
            ingest = try Ingest.open(IngestOptions(source: source, repetition: repetition))
        } catch {
            throw CommandFailure(error)
        }
        let display = try DisplayHost(common, dashboardByDefault: true)
        let station = try await SourceStation.start(settings(), display: display)
        try await serve(ingest, station, display)
    }

    private func settings() throws(CommandFailure) -> SourceStation.Settings {
        SourceStation.Settings(
            name: PrintableText.clean(name ?? defaultName),
            listen: try listen.resolve(),
            announce: try announce?.resolve(),
            trackers: tracker,
            uploadCap: up?.rate,
            redundancy: redundancy,
            state: try StateDirectory(common.stateDir),
            impairment: common.impair?.impairment,
            portMapping: portMapping
        )
    }

    private var defaultName: String {
        let last = source.split(separator: "/").last.map(String.init) ?? source
        let stem = last.split(separator: ".").first.map(String.init) ?? last
        return source == "-" ? "live" : stem.isEmpty ? "live" : stem
    }

    private func serve(
        _ ingest: Ingest,
        _ station: SourceStation,
        _ display: DisplayHost
    ) async throws {
        let lifetime = Lifetime()
        if let linkFile { try LinkFile.write(station.link.description, to: linkFile) }
        try StandardOutput.line(station.link.description)
        let control = try await ControlPoint.start(
            "broadcast",
            StateDirectory(common.stateDir),
            tap: station.tap,
            snapshot: station.snapshot
        )
        var setup = DashboardSetup(title: station.link.name, footer: "y copies the link")
        setup.link = "\(station.link)"
        display.start(
            setup,
            lifetime: lifetime,
            picture: { station.tap.dashboardPicture },
            snapshot: { station.driver.snapshot?.showing(station.tap) }
        )
        ingest.start(
            onPackets: { station.publish($0) },
            onEvent: { event in handle(event, lifetime, display) }
        )
        let reason = await lifetime.wait(seconds: common.seconds)
        ingest.stop()
        display.stop()
        await control.stop()
        await station.stop()
        if let linkFile { LinkFile.remove(linkFile, ifHolding: station.link.description) }
        try reason.conclude()
    }

    private func handle(_ event: IngestEvent, _ lifetime: Lifetime, _ display: DisplayHost) {
        let now = Instant(nanoseconds: 0)
        switch event {
        case .started(let description):
            display.log(
                Event(time: now, severity: .info, kind: .stream, text: "source: \(description)")
            )
        case .discontinuity(let reason):
            display.log(Event(time: now, severity: .warning, kind: .stream, text: reason))
        case .failed(let error): lifetime.stop(.failed(CommandFailure(error)))
        case .ended: lifetime.stop(.streamEnded)
        }
    }
}

extension AddressArgument {
    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    var defaultValueDescription: String { text }
}

/// `HOST:PORT` or `HOST:PORT/KEY`.
struct TrackerArgument: ExpressibleByArgument {
    var tracker: ChannelLink.Tracker

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1)
        guard let address = parts.first.map(String.init), ChannelLink.isAddress(address) else {
            return nil
        }
        tracker = ChannelLink.Tracker(address: address, key: nil)
        guard parts.count == 2 else { return }
        guard let key = Hex.bytes(parts[1]), key.count == 32 else { return nil }
        tracker.key = key
    }
}

/// `auto`, or a share of repair chunks like `15%`.
enum RedundancyArgument: ExpressibleByArgument {
    case auto
    case fixed(percent: Int)

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
            return
        }
        guard argument.last == "%", let percent = Int(argument.dropLast()),
            (0...50).contains(percent)
        else { return nil }
        self = .fixed(percent: percent)
    }

    var defaultValueDescription: String { "auto" }
}
