import ArgumentParser
import Dashboard
import Gateway
import Telemetry

/// Where `status`, `peers` and `events` look.
struct StatusOptions: ParsableArguments {
    @Argument(help: "Path of a control socket (default: found in the state directory).")
    var target: String?

    @Option(help: "Folder for keys and the control socket.")
    var stateDir: String?

    @Flag(help: "Print JSON.")
    var json = false

    func snapshot() throws -> SwarmSnapshot {
        let path = try ControlTarget.find(target, try StateDirectory(stateDir))
        return try ControlTarget.snapshot(path)
    }
}

/// The command `candela status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say how the swarm fares."
    )

    @OptionGroup var options: StatusOptions

    func run() throws {
        let snapshot = try options.snapshot()
        if options.json {
            try StandardOutput.line(
                String(decoding: SnapshotJSON.encode(snapshot), as: UTF8.self)
            )
        } else {
            var reporter = PlainReporter()
            if let first = reporter.lines(for: snapshot).first { try StandardOutput.line(first) }
            try StandardOutput.line(WhySentence.text(for: snapshot))
            if let mapping = snapshot.portMapping {
                try StandardOutput.line("Reached from outside: \(mapping.text).")
            }
        }
    }
}

/// The command `candela peers`.
struct PeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
        abstract: "List the peers."
    )

    @OptionGroup var options: StatusOptions

    func run() throws {
        for row in try options.snapshot().peers {
            if options.json {
                try StandardOutput.line(RowJSON.line(row))
            } else {
                let lag = row.lagMs.map { "\(Int($0)) ms behind" } ?? "–"
                let name = row.name.isEmpty ? "–" : row.name
                let children = row.children.map { "\($0)" } ?? "–"
                let text = [row.id, row.role, name, lag, "\(children) children"]
                try StandardOutput.line(text.joined(separator: "  "))
            }
        }
    }
}

/// The command `candela events`.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List the latest events."
    )

    @OptionGroup var options: StatusOptions

    func run() throws {
        for row in try options.snapshot().events {
            let text = "\(row.severity.rawValue): \(row.text)"
            try StandardOutput.line(options.json ? RowJSON.line(row) : text)
        }
    }
}
