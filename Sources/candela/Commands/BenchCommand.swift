import ArgumentParser

/// The verb `candela bench NAME`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure.",
        discussion: "With --json each benchmark prints one JSON object.",
        subcommands: [
            BenchListCommand.self, HopBenchCommand.self, SealBenchCommand.self,
            NatBenchCommand.self,
            ErasureBenchCommand.self, UdpBenchCommand.self, SwarmBenchCommand.self,
            ChandelierBenchCommand.self, SimulateBenchCommand.self, PlayersBenchCommand.self,
            DashboardBenchCommand.self,
            ScenariosBenchCommand.self, TraceBenchCommand.self,
        ]
    )
}

/// The verb `candela bench list`.
struct BenchListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the benchmarks."
    )

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        var rows: [BenchResult] = []
        for command in BenchCommand.configuration.subcommands where command != Self.self {
            var row = BenchResult()
            row["name"] = .text(command.configuration.commandName)
            row["abstract"] = .text(command.configuration.abstract)
            rows.append(row)
        }
        guard json else {
            for command in BenchCommand.configuration.subcommands where command != Self.self {
                let name = command.configuration.commandName ?? ""
                let gap = String(repeating: " ", count: max(2, 10 - name.count))
                try StandardOutput.line(name + gap + command.configuration.abstract)
            }
            return
        }
        var result = BenchResult("list")
        result["benchmarks"] = .list(rows)
        try StandardOutput.line(result.json)
    }
}
