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
            names, or else a broadcast, a tracker or a viewer of the state directory.
            """
    )

    @Argument(help: "Path of a control socket (default: found in the state directory).")
    var target: String?

    @Flag(help: "Show one snapshot and end.")
    var once = false

    @Flag(help: "Print snapshots as JSON, one per line.")
    var json = false

    @Option(help: "Time between snapshots with --json or --plain.")
    var interval = SpanArgument(.seconds(1))

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if interval.span < .milliseconds(50) || interval.span > .seconds(3_600) {
            throw ValidationError("--interval takes 50ms to 1h")
        }
    }

    func run() async throws {
        let path = try ControlTarget.find(target, try StateDirectory(common.stateDir))
        let first = try ControlTarget.snapshot(path)
        if once || json || common.display == .plain || TerminalUI.obstacle != nil {
            try printLines(path, first)
        } else {
            try await dashboard(path, first)
        }
    }

    private func printLines(_ path: String, _ first: SwarmSnapshot) throws {
        var reporter = PlainReporter()
        var snapshot = first
        let start = time(nil)
        while true {
            let lines =
                json
                ? [String(decoding: SnapshotJSON.encode(snapshot), as: UTF8.self)]
                : reporter.lines(for: snapshot)
            for line in lines { try StandardOutput.line(line) }
            if once { return }
            usleep(UInt32(interval.span.nanoseconds / 1_000))
            if let seconds = common.seconds, Double(time(nil) - start) >= seconds { return }
            snapshot = try ControlTarget.snapshot(path)
        }
    }

    private func dashboard(_ path: String, _ first: SwarmSnapshot) async throws {
        let lifetime = Lifetime()
        let display = try DisplayHost(common, dashboardByDefault: true)
        let hold = SnapshotPoll(path, first)
        display.start(
            title: first.name,
            footer: "watching \(path.split(separator: "/").last ?? "")",
            lifetime: lifetime
        ) { hold.value }
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
