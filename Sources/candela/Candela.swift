import ArgumentParser
import Glibc

/// The command line: `candela VERB …`.
@main
struct Candela: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "candela",
        abstract: "Live video from one machine to thousands of viewers, without a CDN.",
        discussion: """
            Viewers carry the stream for each other. Three verbs carry it: broadcast a stream, join \
            as a viewer, watch the swarm. Try 'candela demo' first.

            Exit codes: 0 done; 64 usage; 65 bad link, media or signature; 69 unreachable; 70 bug; \
            74 input or output; 75 source offline; 77 refused; 78 configuration; 128 + signal.
            """,
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, BroadcastCommand.self, JoinCommand.self, WatchCommand.self,
            TrackerCommand.self, StatusCommand.self, PeersCommand.self, EventsCommand.self,
            LinkCommand.self, DoctorCommand.self, BenchCommand.self, SimulateCommand.self,
        ]
    )

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            failure.exit()
        } catch {
            exit(withError: error)
        }
    }
}
