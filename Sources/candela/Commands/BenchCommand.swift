import ArgumentParser

/// `candela bench NAME`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure.", subcommands: [BenchListCommand.self])
}

/// `candela bench list`
struct BenchListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the benchmarks.")

    func run() throws {
        for command in BenchCommand.configuration.subcommands where command != Self.self {
            let name = command.configuration.commandName ?? ""
            try StandardOutput.line("\(name)  \(command.configuration.abstract)")
        }
    }
}
