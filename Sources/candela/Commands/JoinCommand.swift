import ArgumentParser
import Basics
import Dashboard
import Gateway
import Telemetry
import Wire

/// The command `candela join LINK`.
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join as a viewer; prints the playback URL.",
        discussion: """
            The one line on standard output is the folder of the playback URLs: open it in a \
            browser, or live.ts in it with any player. With --stdout the stream itself goes there instead. Several links make a node \
            of several channels: each has a folder of its own, and list.m3u names them all.
            """
    )

    @Argument(help: "The link that 'candela broadcast' printed; several for several channels.")
    var links: [String]

    @OptionGroup var web: HttpOptions

    @Flag(help: "Write the stream to standard output.")
    var stdout = false

    @Option(help: "Record the stream to this file.")
    var record: String?

    @Option(help: "Send the stream in datagrams of 1316 bytes: udp://HOST:PORT, ?ttl=N for groups.")
    var udp: DatagramAddress?

    @Option(help: "Start this player on the stream, like mpv.")
    var player: String?

    @Flag(help: "Keep relaying after the player has closed.")
    var stay = false

    @Option(help: "Keep so much of the past for players: 10s to 12h, on disk in the state folder.")
    var dvr: SpanArgument?

    @Option(
        help: ArgumentHelp(
            "Which quality of the programme to play: 'auto', 'original' or a name in the link.",
            discussion: "With 'auto' the down-link decides, while it plays."
        )
    )
    var rendition = "auto"

    @Option(help: "UDP address to listen on; further channels take the ports after it.")
    var listen = AddressArgument(host: "0.0.0.0", port: 0)

    @Option(help: "Upload cap, like 2M; 0 for no upload.")
    var up: RateArgument?

    @Option(help: "Playout delay behind the source; 0 plays as soon as it is in order.")
    var latency = SpanArgument(.seconds(1))

    @Option(help: "How long to wait for a source that is not there; 10s unless given.")
    var wait: SpanArgument?

    @Option(help: "The name that others see.")
    var name: String?

    @Flag(help: "Show your address to the tracker and the source alone, which then feeds you.")
    var relayOnly = false

    @OptionGroup var portMapping: PortMappingOptions

    @OptionGroup var common: CommonOptions

    /// The most channels of one process: each has a socket, a core and a history.
    static let linkMax = 32
    /// The bounds of the time shift.
    static let dvrRange = TimeSpan.seconds(10)...TimeSpan.seconds(12 * 3_600)

    func validate() throws {
        if latency.span > .seconds(60) { throw ValidationError("--latency takes 0 to 60s") }
        if stdout, record != nil || player != nil || udp != nil || dvr != nil {
            throw ValidationError(
                "--stdout goes alone; use --record, --player, --udp or --dvr without it"
            )
        }
        if let record, record.isEmpty { throw ValidationError("--record is empty") }
        if let player, PlayerCommand(player, url: "") == nil {
            throw ValidationError("--player is empty or has a quote without its end")
        }
        if stay, player == nil { throw ValidationError("--stay goes with --player") }
        if let dvr, !JoinCommand.dvrRange.contains(dvr.span) {
            throw ValidationError("--dvr takes 10s to 12h")
        }
        if links.count > JoinCommand.linkMax {
            throw ValidationError("join takes at most \(JoinCommand.linkMax) links")
        }
        if links.count > 1, stdout || record != nil || udp != nil {
            throw ValidationError(
                "--stdout, --record and --udp take one link; start one join per channel for them"
            )
        }
        if listen.port > 0, listen.port + links.count - 1 > 65_535 {
            throw ValidationError("--listen leaves no ports for \(links.count) channels")
        }
    }

    func run() async throws {
        let channels = try parseLinks()
        let display = try DisplayHost(common, dashboardByDefault: !stdout)
        let node = try await ViewerHost.start(self, channels, display)
        try await node.serve()
    }

    /// The renditions of a link, best first, and which of them is asked for.
    func choice(
        of link: ChannelLink
    ) throws(CommandFailure) -> (renditions: [ChannelLink.Rendition], RenditionState.Choice) {
        let original = ChannelLink.Rendition(
            name: RenditionArgument.original,
            channel: link.channel
        )
        let renditions = [original] + link.renditions
        if rendition == GatewayRenditions.automatic { return (renditions, .automatic) }
        if let index = renditions.firstIndex(where: { $0.name == rendition }) {
            return (renditions, .fixed(index))
        }
        let names = renditions.map(\.name).joined(separator: ", ")
        throw CommandFailure(
            .usage,
            "the link has no rendition \(PrintableText.clean(rendition)); choose one of: auto, \(names)"
        )
    }

    private func parseLinks() throws(CommandFailure) -> [ChannelLink] {
        var parsed: [ChannelLink] = []
        for link in links {
            do {
                parsed.append(try ChannelLink(parsing: link))
            } catch {
                throw CommandFailure(.data, "the link \(error.message)")
            }
        }
        guard Set(parsed.map(\.channel)).count == parsed.count else {
            throw CommandFailure(.usage, "two of the links lead to the same channel; leave one out")
        }
        for link in parsed { _ = try choice(of: link) }
        return parsed
    }
}
