import ArgumentParser
import Basics
import Glibc
import Surroundings
import Telemetry
import Wire

/// The command `candela doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what works here, what does not, why, and what to do.",
        discussion: """
            Asks the tracker of the link, or of --tracker, how this machine looks from outside. Exits \
            with 0 only when joining will work.
            """
    )

    @Argument(help: "The link that is to be joined.")
    var link: String?

    @Option(help: "A tracker to ask, HOST:PORT[/KEY]; repeatable, two on two hosts tell more.")
    var tracker: [TrackerArgument] = []

    @Option(help: "A STUN server to ask as well, HOST:PORT; repeatable.")
    var stun: [AddressArgument] = []

    @Option(help: "The player that is wanted, like mpv.")
    var player: String?

    @Option(help: "Also find out how long the NAT keeps an idle mapping, taking so long at most.")
    var idle = SpanArgument(.zero)

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var portMapping: PortMappingOptions

    func validate() throws {
        if idle.span > .seconds(330) { throw ValidationError("--idle takes 0 to 330s") }
        if let player, player.isEmpty { throw ValidationError("--player is empty") }
    }

    func run() async throws {
        let subjects = try subjects()
        let port = LocalPort.free(like: Endpoint(ipv4: 0, port: 0)) ?? 0
        // The router is asked meanwhile.
        let mapper = portMapping.noPortMapping || port == 0 ? nil : PortMapper(.init(port: port))
        let text = DoctorText(for: STDOUT_FILENO)
        let isJSON = json
        let tell: @Sendable (Finding) -> Void = { finding in
            guard !isJSON else { return }
            for line in text.lines(finding) { try? StandardOutput.line(line) }
        }
        let diagnosis = await withCheckedContinuation { continuation in
            Thread.detach {
                let examination = Examination(subjects, tell: tell)
                examination.examineNetwork()
                let mapping = mapper?.settledOrTired(within: .seconds(6))
                examination.examine(mapping ?? PortMapping(.off(.unwanted)), of: port)
                examination.examineMachine()
                examination.diagnosis.conclude()
                continuation.resume(returning: examination.diagnosis)
            }
        }
        await mapper?.stop()
        if json {
            try StandardOutput.line(RowJSON.line(diagnosis))
        } else {
            for line in text.lines(diagnosis) { try StandardOutput.line(line) }
        }
        if diagnosis.joining != true { throw CommandFailure(.unreachable, "") }
    }

    private func subjects() throws -> Examination.Subjects {
        var subjects = Examination.Subjects()
        var places = tracker.map(\.tracker.address)
        if let link {
            do {
                places = try ChannelLink(parsing: link).trackers.map(\.address) + places
            } catch {
                throw CommandFailure(.data, "the link \(error.message)")
            }
        }
        for place in places {
            guard let address = AddressArgument(argument: place) else { continue }
            subjects.trackers.append(try address.resolve())
        }
        for server in stun { subjects.servers.append(try server.resolve()) }
        guard (subjects.trackers + subjects.servers).allSatisfy({ $0.port != 0 }) else {
            throw CommandFailure(.usage, "nobody listens on port 0; give HOST:PORT")
        }
        subjects.player = player
        subjects.idle = idle.span
        return subjects
    }
}
