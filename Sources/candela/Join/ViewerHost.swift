import Basics
import Dashboard
import Gateway
import MediaIO
import Overlay
import Telemetry
import Transport
import Wire

/// One `join` at work: a station for each channel, and what serves them all.
struct ViewerHost {
    private let command: JoinCommand
    private let channels: [Channel]
    private let lifetime: Lifetime
    private let display: DisplayHost

    /// One channel of the node.
    private struct Channel {
        let link: ChannelLink
        let folder: String
        let player: RenditionPlayer
        let outputs: Outputs
    }

    /// Joins all channels.
    static func start(
        _ command: JoinCommand,
        _ links: [ChannelLink],
        _ display: DisplayHost
    ) async throws -> ViewerHost {
        let lifetime = Lifetime()
        let folders = ChannelFolders.names(for: links)
        let ends = ChannelEnds(folders, lifetime)
        var channels: [Channel] = []
        for (index, link) in links.enumerated() {
            let plan = try plan(command, channelCount: links.count, folders[index])
            let outputs = try Outputs(plan, lifetime)
            let (renditions, choice) = try command.choice(of: link)
            let player = try await RenditionPlayer.start(
                .init(
                    renditions: renditions,
                    station: settings(command, link, index, of: links.count),
                    choice: choice,
                    outputs: outputs,
                    display: display,
                    onStop: { ends.stop(index, $0) }
                )
            )
            channels.append(
                Channel(link: link, folder: folders[index], player: player, outputs: outputs)
            )
        }
        return ViewerHost(
            command: command,
            channels: channels,
            lifetime: lifetime,
            display: display
        )
    }

    /// Serves players until there is a reason to stop.
    func serve() async throws {
        let gateway = try await startGateway()
        let opened = gateway.flatMap(startPlayer)
        let controls = await startControls()
        let shown = channels.map { channel in
            let (player, tap) = (channel.player, channel.outputs.tap)
            let link = channel.link.description
            return DashboardChannel(
                picture: { tap.dashboardPicture },
                snapshot: { player.snapshot.joined(with: link) }
            )
        }
        let footer = gateway.map { "open \($0.url)" } ?? ""
        var setup = DashboardSetup(title: "candela join", footer: footer)
        setup.others = Array(shown.dropFirst())
        display.start(
            setup,
            lifetime: lifetime,
            picture: shown[0].picture,
            snapshot: shown[0].snapshot
        )
        let reason = await lifetime.wait(seconds: command.common.seconds)
        display.stop()
        for channel in channels { await channel.player.stop() }
        for channel in channels { channel.outputs.finish() }
        if reason.lingers {
            await gateway?.drain(within: PlayerProcess.farewellTime)
            await opened?.finish()
        }
        opened?.stop()
        for control in controls { await control.stop() }
        await gateway?.stop()
        try reason.conclude()
    }

    // MARK: Private

    /// Opens a control socket for each channel: `join-PID`, `join-2-PID` and so on.
    private func startControls() async -> [ControlPoint] {
        var controls: [ControlPoint] = []
        for (index, channel) in channels.enumerated() {
            let control = try? await ControlPoint.start(
                index == 0 ? "join" : "join-\(index + 1)",
                StateDirectory(command.common.stateDir),
                tap: channel.outputs.tap,
                link: channel.link.description,
                snapshot: { [player = channel.player] in player.snapshot }
            )
            if let control { controls.append(control) }
        }
        return controls
    }

    private func startGateway() async throws -> Gateway? {
        guard !command.stdout else { return nil }
        let served = channels.map { channel in
            var served = GatewayChannel(
                folder: channel.folder,
                history: channel.outputs.history,
                snapshot: { [player = channel.player] in player.snapshot }
            )
            served.title = PrintableText.clean(channel.link.name)
            served.renditions = channel.player.menu
            let tap = channel.outputs.tap
            served.poster = { tap.poster() }
            served.movieMaker = .remux
            served.why = { WhySentence.text(for: $0) }
            return served
        }
        let configuration = try command.web.configuration(served)
        do {
            let gateway = try await Gateway.start(configuration)
            try StandardOutput.line(gateway.url)
            return gateway
        } catch let error as GatewayError {
            throw CommandFailure(error)
        }
    }

    private func startPlayer(_ gateway: Gateway) -> PlayerProcess? {
        let file = channels.count > 1 ? "list.m3u" : "live.ts?burst=5"
        guard let text = command.player,
            let player = PlayerCommand(text, url: gateway.localURL + file)
        else { return nil }
        return PlayerProcess(player, command.stay ? .stays : .ends, lifetime)
    }

    private static func plan(
        _ command: JoinCommand,
        channelCount: Int,
        _ folder: String
    ) throws -> Outputs.Plan {
        var plan = Outputs.Plan()
        plan.usesStandardOutput = command.stdout
        plan.record = command.record
        plan.datagrams = command.udp
        guard let dvr = command.dvr else { return plan }
        let state = try StateDirectory(command.common.stateDir)
        try state.prepare()
        var setup = TimeShift.Setup(folder: state.path + "/timeshift", limit: dvr.span)
        // All channels together keep no more than one would.
        setup.byteLimit /= channelCount
        setup.onFailure = { StandardError.line("candela: \(folder): \($0)") }
        do {
            plan.shift = try TimeShift(setup)
        } catch {
            throw CommandFailure(error)
        }
        return plan
    }

    private static func settings(
        _ command: JoinCommand,
        _ link: ChannelLink,
        _ index: Int,
        of count: Int
    ) throws(CommandFailure) -> ViewerStation.Settings {
        var trackers: [PeerConfiguration.TrackerAddress] = []
        for tracker in link.trackers {
            guard let address = AddressArgument(argument: tracker.address) else { continue }
            trackers.append(.init(endpoint: try address.resolve(), key: tracker.key))
        }
        var listen = command.listen
        if listen.port > 0 { listen.port += index }
        return ViewerStation.Settings(
            channel: link.channel,
            trackers: trackers,
            name: PrintableText.clean(command.name ?? ""),
            listen: try listen.resolve(),
            uploadCap: command.up.map {
                BitRate(bitsPerSecond: $0.rate.bitsPerSecond / Int64(count))
            },
            latency: command.latency.span,
            wait: .init(
                time: command.wait?.span ?? .seconds(10),
                isWanted: command.wait != nil
            ),
            impairment: command.common.impair?.impairment,
            portMapping: command.portMapping.wish,
            exposure: command.relayOnly ? .sourceOnly : .members
        )
    }
}
