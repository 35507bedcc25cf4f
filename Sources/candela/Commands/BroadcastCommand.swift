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
            SOURCE is one of:
              FILE                           MP4, Matroska, MPEG-TS, ...
              -                              standard input
              rtmp://0.0.0.0:1935/live/KEY   encoders such as OBS push to this machine
              srt://0.0.0.0:9000             the same with SRT; srt://HOST:PORT calls
              rtsp://, http://, https://     cameras, streams, HLS playlists, files; also rtmp://HOST/...
              udp://HOST:PORT                MPEG-TS, also from a multicast group
              v4l2:/dev/video0               a camera; lavfi:GRAPH, sources of libavfilter
              pattern:[WxH@FPS[,RATE]]       a test picture

            An encoder may go away and come back: the broadcast goes on. SRT options follow as in \
            FFmpeg: ?mode=listener&passphrase=SECRET&latency=MICROSECONDS. ?listen=0 pulls from an RTMP \
            server on this machine.

            --rendition 360p=SOURCE offers the same programme at another quality under the same link; \
            they take UDP ports from the second after --listen on. Viewers choose one, or their node does.

            The one line on standard output is the link that viewers join with.
            """
    )

    @Argument(help: "What to broadcast.")
    var source: String?

    @Option(
        help: ArgumentHelp(
            "Broadcast what a program writes to its standard output.",
            discussion: "Split into words without a shell; quotes keep spaces together.",
            valueName: "command"
        )
    )
    var exec: String?

    @Option(help: "A file that plays while the encoder is away.")
    var offlineCard: String?

    @Option(
        help: ArgumentHelp(
            "The same programme at another quality; repeatable, best first.",
            valueName: "name=source"
        )
    )
    var rendition: [RenditionArgument] = []

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
        switch (source, exec) {
        case (nil, nil): throw ValidationError("SOURCE is missing; name a file or an address")
        case (.some, .some): throw ValidationError("SOURCE and --exec exclude each other")
        case (nil, .some), (.some, nil): break
        }
        if source == "" { throw ValidationError("SOURCE is empty") }
        if exec != nil, loop { throw ValidationError("--loop does not go with --exec") }
        if rendition.count > ChannelLink.renditionMax {
            throw ValidationError("--rendition may stand \(ChannelLink.renditionMax) times")
        }
        guard Set(rendition.map(\.name)).count == rendition.count else {
            throw ValidationError("two --rendition have the same name")
        }
        let ends = [listen.port, announce?.port ?? 0].filter { $0 > 0 }
        if ends.contains(where: { $0 + rendition.count + 1 > 65_535 }) {
            throw ValidationError("--listen leaves no ports for the renditions")
        }
        if offlineCard == "" { throw ValidationError("--offline-card is empty") }
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
            ingest = try Ingest.open(options)
        } catch {
            throw CommandFailure(error)
        }
        let opened = try RenditionSources.open(rendition, loop ? .loop : .once)
        let display = try DisplayHost(common, dashboardByDefault: true)
        let settings = try settings()
        let station = try await SourceStation.start(settings, display: display)
        let renditions: RenditionSources
        do {
            renditions = try await .start(opened, beside: station, settings, display)
        } catch {
            await station.stop()
            throw error
        }
        try await serve(ingest, station, renditions, display)
    }

    private var options: IngestOptions {
        var options = IngestOptions(source: source ?? "", repetition: loop ? .loop : .once)
        if let exec {
            options.source = exec
            options.kind = .command
        }
        options.offlineCard = offlineCard
        return options
    }

    private func settings() throws(CommandFailure) -> SourceStation.Settings {
        SourceStation.Settings(
            name: PrintableText.clean(name ?? defaultName),
            listen: try listen.resolve(),
            announce: try announce?.resolve(),
            trackers: tracker,
            uploadCap: up.map {
                BitRate(bitsPerSecond: $0.rate.bitsPerSecond / Int64(1 + rendition.count))
            },
            redundancy: redundancy,
            state: try StateDirectory(common.stateDir),
            impairment: common.impair?.impairment,
            portMapping: portMapping.wish
        )
    }

    private var defaultName: String {
        // An address may hold a stream key, which must not become the channel's name.
        // A graph of libavfilter says how the picture is made, not what it shows.
        guard let source, !source.contains("://"), !source.hasPrefix("lavfi:") else {
            return "live"
        }
        let last = source.split(separator: "/").last.map(String.init) ?? source
        let stem = last.split(separator: ".").first.map(String.init) ?? last
        return source == "-" ? "live" : stem.isEmpty ? "live" : stem
    }

    private func serve(
        _ ingest: Ingest,
        _ station: SourceStation,
        _ renditions: RenditionSources,
        _ display: DisplayHost
    ) async throws {
        let lifetime = Lifetime()
        var link = station.link
        link.renditions = renditions.listed
        let text = link.description
        if let linkFile { try LinkFile.write(text, to: linkFile) }
        try StandardOutput.line(text)
        let control = try await ControlPoint.start(
            "broadcast",
            StateDirectory(common.stateDir),
            tap: station.tap,
            link: text,
            snapshot: station.snapshot
        )
        var setup = DashboardSetup(title: station.link.name, footer: "y copies the link")
        setup.link = text
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
        renditions.play { name, event in handle(event, of: name, display) }
        let reason = await lifetime.wait(seconds: common.seconds)
        ingest.stop()
        display.stop()
        await control.stop()
        await renditions.stop()
        await station.stop()
        if let linkFile { LinkFile.remove(linkFile, ifHolding: text) }
        try reason.conclude()
    }

    private func handle(_ event: IngestEvent, _ lifetime: Lifetime, _ display: DisplayHost) {
        func log(_ severity: Severity, _ text: String) { self.log(severity, text, display) }
        switch event {
        case .started(let description): log(.info, "source: \(description)")
        case .online(let words): log(.info, words)
        case .discontinuity(let words), .offline(let words), .advice(let words):
            log(.warning, words)
        case .failed(let error): lifetime.stop(.failed(CommandFailure(error)))
        case .ended: lifetime.stop(.streamEnded)
        }
    }

    /// What happens to a rendition: its end is not the programme's.
    private func handle(_ event: IngestEvent, of name: String, _ display: DisplayHost) {
        switch event {
        case .started(let words): log(.info, "\(name): \(words)", display)
        case .online(let words): log(.info, "\(name): \(words)", display)
        case .discontinuity(let words), .offline(let words), .advice(let words):
            log(.warning, "\(name): \(words)", display)
        case .failed(let error): log(.error, "\(name): \(error.message)", display)
        case .ended: log(.warning, "\(name): the rendition has ended", display)
        }
    }

    private func log(_ severity: Severity, _ text: String, _ display: DisplayHost) {
        let now = Instant(nanoseconds: 0)
        display.log(Event(time: now, severity: severity, kind: .stream, text: text))
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

    init(tracker: ChannelLink.Tracker) { self.tracker = tracker }

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
