import ArgumentParser
import Basics
import Dashboard
import Gateway
import MediaIO
import Telemetry
import Transport

/// The command `candela demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Tracker, source and viewers on this machine, with the dashboard.",
        discussion: """
            One viewer sits behind a link that loses 5 % and delays 20 ms. Without a terminal the demo \
            runs 15 s, prints what each viewer received, and fails unless every viewer played.
            """
    )

    @Argument(help: "What to broadcast.")
    var source = "pattern:"

    @Option(help: "How many viewers.")
    var viewers = 6

    @OptionGroup var web: HttpOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...64).contains(viewers) else {
            throw ValidationError("--viewers takes 1 to 64")
        }
    }

    func run() async throws {
        let ingest: Ingest
        do {
            ingest = try Ingest.open(IngestOptions(source: source, repetition: .loop))
        } catch {
            throw CommandFailure(error)
        }
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let state = try StateDirectory(common.stateDir ?? scratch.path)
        let display = try DisplayHost(common, dashboardByDefault: true)
        let swarm = try await DemoSwarm.start(self, state, display)
        let lifetime = Lifetime()
        let control = try await ControlPoint.start(
            "demo",
            state,
            tap: swarm.source.tap,
            link: "\(swarm.source.link)",
            snapshot: { swarm.snapshot ?? SwarmSnapshot() }
        )
        let url = swarm.gateway.url
        StandardError.line("open \(url) in a browser; the link is \(swarm.source.link)")
        var setup = DashboardSetup(title: "candela demo", footer: "open \(url)")
        setup.link = "\(swarm.source.link)"
        display.start(
            setup,
            lifetime: lifetime,
            picture: { swarm.source.tap.dashboardPicture },
            snapshot: { swarm.snapshot }
        )
        ingest.start(
            onPackets: { swarm.source.publish($0) },
            onEvent: { event in
                if case .failed(let error) = event {
                    lifetime.stop(.failed(CommandFailure(error)))
                }
            }
        )
        let isShown = TerminalUI.obstacle == nil && common.display != .plain
        let reason = await lifetime.wait(seconds: common.seconds ?? (isShown ? nil : 15))
        ingest.stop()
        display.stop()
        let verdict = swarm.verdict()
        await control.stop()
        await swarm.stop()
        for line in verdict.lines { try StandardOutput.line(line) }
        try reason.conclude()
        if !verdict.allPlayed { throw CommandFailure(.bug, "not every viewer played") }
    }
}
