import ArgumentParser
import Basics
import Dashboard
import Gateway
import Glibc
import Telemetry

/// The command `candela watch [TARGET]`.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch a running swarm.",
        discussion: """
            Attaches to the control socket of a candela that runs on this machine: the one that TARGET \
            names, or else a broadcast, a tracker or a viewer of the state directory. With TARGET as \
            HOST:PORT it asks the HTTP gateway of a node elsewhere, which tells whoever has its token. \
            What passes then is not encrypted.
            """
    )

    @Argument(
        help: "Path of a control socket, or HOST:PORT (default: found in the state directory)."
    )
    var target: String?

    @Option(
        help: ArgumentHelp(
            "The token of the node at HOST:PORT; @FILE reads it (default: CANDELA_TOKEN).",
            discussion: "Other users of this machine see a token that stands here, but not those."
        )
    )
    var token: String?

    @Flag(help: "Show the picture also of a node at HOST:PORT; it is large.")
    var picture = false

    @Flag(help: "Show one snapshot and end.")
    var once = false

    @Flag(help: "Print snapshots as JSON, one per line.")
    var json = false

    @Option(help: "Time between snapshots.")
    var interval = SpanArgument(.seconds(1))

    @Option(help: "Also record what is watched to this new file.")
    var record: String?

    @Option(help: "Show a recording instead of a running swarm; without a terminal in sentences.")
    var replay: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if replay != nil, target != nil || record != nil || once || json || token != nil {
            throw ValidationError("--replay takes no TARGET, --token, --record, --once or --json")
        }
        if let target, target.isEmpty { throw ValidationError("TARGET is empty") }
        if record != nil, once { throw ValidationError("--record takes no --once") }
        if interval.span < .milliseconds(50) || interval.span > .seconds(3_600) {
            throw ValidationError("--interval takes 50ms to 1h")
        }
    }

    func run() async throws {
        if common.display == .tui, let obstacle = TerminalUI.obstacle {
            throw CommandFailure(
                .usage,
                "no dashboard here: \(obstacle); use --plain for sentences"
            )
        }
        if let replay { return try await show(replay: replay) }
        let state = try StateDirectory(common.stateDir)
        let found = try WatchSource.find(target, token: token, state)
        let source = WatchAttachment(found, foundIn: target == nil ? state : nil)
        let first = try source.snapshot()
        let file = try record.map { try WatchCommand.recording(at: $0) }
        if once || json || common.display == .plain || TerminalUI.obstacle != nil {
            try printLines(source, first, file)
        } else {
            let others = target == nil ? WatchSource.others(than: found, state) : []
            try await dashboard(source, first, file, others)
        }
    }

    private static func recording(at path: String) throws(CommandFailure) -> RecordingFile {
        do {
            return try RecordingFile(path: path)
        } catch {
            throw CommandFailure(.io, error.description)
        }
    }

    private func printLines(
        _ source: WatchAttachment,
        _ first: SwarmSnapshot,
        _ file: RecordingFile?
    ) throws {
        var reporter = PlainReporter()
        var snapshot: SwarmSnapshot? = first
        let start = time(nil)
        var seenAt = start
        while true {
            if let snapshot {
                seenAt = time(nil)
                file?.append(snapshot, at: snapshot.madeAt ?? Clock.seconds)
                if let failure = file?.failure { throw CommandFailure(.io, failure.description) }
            }
            for line in lines(of: snapshot, silentFor: Double(time(nil) - seenAt), &reporter) {
                try StandardOutput.line(line)
            }
            if once { return }
            usleep(UInt32(interval.span.nanoseconds / 1_000))
            if let seconds = common.seconds, Double(time(nil) - start) >= seconds { return }
            // Sentences wait for the node to come back; scripts are told by the exit code.
            snapshot = json ? try source.snapshot() : try? source.snapshot()
        }
    }

    private func lines(
        of snapshot: SwarmSnapshot?,
        silentFor seconds: Double,
        _ reporter: inout PlainReporter
    ) -> [String] {
        guard let snapshot else { return reporter.lines(lostFor: seconds) }
        if json { return [String(decoding: SnapshotJSON.encode(snapshot), as: UTF8.self)] }
        return reporter.lines(lostFor: nil) + reporter.lines(for: snapshot)
    }

    private func dashboard(
        _ source: WatchAttachment,
        _ first: SwarmSnapshot,
        _ file: RecordingFile?,
        _ others: [WatchSource]
    ) async throws {
        let poll = SnapshotPoll(source, first, interval: interval.span)
        var setup = DashboardSetup(title: "candela watch", footer: source.source.words)
        setup.record = file
        setup.others = others.map { other in
            let poll = SnapshotPoll(
                WatchAttachment(other, foundIn: nil),
                nil,
                interval: interval.span
            )
            return DashboardChannel(picture: { poll.picture }, snapshot: { poll.value })
        }
        let isShown = picture || !source.source.isRemote
        if !isShown { setup.pictureHint = "not asked for from afar: start with --picture" }
        try await show(setup, { isShown ? poll.picture : nil }, { poll.value })
    }

    private func show(replay path: String) async throws {
        let recording: Recording
        do {
            recording = try Recording(path: path)
        } catch {
            throw CommandFailure(error.line > 0 ? .data : .io, error.description)
        }
        if common.display == .plain || TerminalUI.obstacle != nil {
            // Recorded moments are a little more or less than a second apart.
            let period = interval.span.seconds * 0.9
            return try PlainReporter.tell(recording, every: period) { try StandardOutput.line($0) }
        }
        var setup = DashboardSetup(title: "candela watch", footer: "a recording")
        setup.replay = recording
        setup.pictureHint = "a recording keeps no pictures"
        try await show(setup) { nil }
    }

    private func show(
        _ setup: DashboardSetup,
        _ picture: @escaping @Sendable () -> Picture? = { nil },
        _ snapshot: @escaping @Sendable () -> SwarmSnapshot?
    ) async throws {
        let lifetime = Lifetime()
        let display = try DisplayHost(common, dashboardByDefault: true)
        var setup = setup
        setup.interval = max(0.05, min(60, interval.span.seconds))
        display.start(setup, lifetime: lifetime, picture: picture, snapshot: snapshot)
        let reason = await lifetime.wait(seconds: common.seconds)
        display.stop()
        try reason.conclude()
    }
}

/// The control socket that a command speaks to.
enum ControlTarget {
    /// The socket that the user named, or the first one that answers.
    static func find(_ target: String?, _ state: StateDirectory) throws(CommandFailure) -> String {
        if let target {
            guard access(target, F_OK) == 0 else {
                throw CommandFailure(
                    .unreachable,
                    "\(target) is not there; is that candela running?"
                )
            }
            return target
        }
        for path in state.sockets() where (try? ControlClient.snapshot(path: path)) != nil {
            return path
        }
        throw CommandFailure(
            .unreachable,
            "no candela runs with the state directory \(state.path); start one, or name its"
                + " --state-dir"
        )
    }

    static func snapshot(_ path: String) throws(CommandFailure) -> SwarmSnapshot {
        do {
            return try ControlClient.snapshot(path: path)
        } catch {
            throw CommandFailure(error)
        }
    }
}
