import ArgumentParser
import Basics
import Dashboard
import Secrecy
import Telemetry
import Tracking
import Transport

/// The command `candela tracker`.
struct TrackerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracker",
        abstract: "Run a tracker on its own.",
        discussion: """
            The one line on standard output is HOST:PORT/KEY, for 'candela broadcast --tracker'.
            """
    )

    @Option(help: "UDP address to listen on.")
    var listen = AddressArgument(host: "0.0.0.0", port: 4_310)

    @Option(help: "Address that peers reach this machine at.")
    var announce: AddressArgument?

    @Option(
        help:
            "Upload for passing datagrams on between peers with no other way, like 20M; 0 for none."
    )
    var relay = RateArgument(megabits: 20)

    @OptionGroup var portMapping: PortMappingOptions

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let display = try DisplayHost(common, dashboardByDefault: true)
        let state = try StateDirectory(common.stateDir)
        try state.prepare()
        let identity = try Identity(privateKey: try state.secret("tracker"))
        let driver = try await startDriver(identity, display)
        let chosen = try announce?.resolve()
        let others = chosen.map { [$0] } ?? []
        let mapped = MappedPort(portMapping.wish, driver.local, talkingTo: others, display)
        let outside = await mapped.outside()
        let place = LocalAddress.announced(chosen ?? outside, driver.local)
        try StandardOutput.line("\(place)/\(Hex.string(identity.publicKey))")
        let lifetime = Lifetime()
        let control = try await ControlPoint.start("tracker", state) {
            mapped.shown(in: driver.snapshot ?? SwarmSnapshot())
        }
        let setup = DashboardSetup(title: "tracker", footer: "\(place)")
        display.start(setup, lifetime: lifetime) { driver.snapshot }
        let reason = await lifetime.wait(seconds: common.seconds)
        display.stop()
        await control.stop()
        await driver.stop()
        await mapped.stop()
        try reason.conclude()
    }

    private func startDriver(_ identity: Identity, _ display: DisplayHost) async throws -> Driver {
        var configuration = DriverConfiguration(listen: try listen.resolve())
        configuration.impairment = common.impair?.impairment
        configuration.onEvent = { display.log($0) }
        let entropy = SystemEntropy.entropy()
        var tracking = TrackerConfiguration()
        tracking.relayCap = relay.rate
        let own = tracking
        configuration.makeTracker = { now in
            Tracker(own, identity: identity, entropy: entropy, at: now)
        }
        do {
            return try await Driver.start(configuration)
        } catch {
            throw CommandFailure(error)
        }
    }
}
