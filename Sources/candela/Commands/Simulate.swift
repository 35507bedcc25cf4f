import ArgumentParser
import Simulation

/// The verb `candela simulate FILE… | NAME…`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the same peers and trackers in virtual time, by scenario and seed.",
        discussion: """
            A scenario is a file, or the name of one in Config/scenarios. The same scenario and seed \
            give the same run everywhere. A run fails, and the command exits with 70, when an \
            invariant breaks or something that the scenario expects does not come. An interrupted run \
            still reports what has been.
            """
    )

    @Argument(help: "Files or names of scenarios.")
    var scenarios: [String] = []

    @Flag(help: "List the scenarios that have names.")
    var list = false

    @Option(help: "The seed (default: 1).")
    var seed: UInt64?

    @Option(help: "Run every seed from A to B, on all cores.")
    var seeds: SeedRange?

    @Flag(help: "Print one JSON object per run.")
    var json = false

    @Flag(help: "Print the name, the seed and the fingerprint of each run and nothing else.")
    var traceHash = false

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Give a key of the scenarios another value.", valueName: "key=value")
    )
    var settings: [SettingArgument] = []

    @Option(help: "Write an HTML page with plots.")
    var report: String?

    func validate() throws {
        if seed != nil, seeds != nil {
            throw ValidationError("--seed and --seeds exclude each other")
        }
        if scenarios.isEmpty, !list { throw ValidationError("name a scenario, or use --list") }
        if json, traceHash { throw ValidationError("--json and --trace-hash exclude each other") }
    }

    func run() async throws {
        if list { return try listScenarios() }
        let jobs = try jobs()
        if let report { try ScenarioFiles.checkWritable(report) }
        Interrupt.watch()
        let reports = await SimulationBatch(jobs).run()
        for report in reports { try print(report) }
        if let report {
            let title = Set(reports.map(\.scenario)).sorted().joined(separator: ", ")
            try ScenarioFiles.write(HTMLReport(title: title, runs: reports).text, to: report)
        }
        try Interrupt.check()
        try conclude(reports)
    }

    private func listScenarios() throws {
        for name in ScenarioFiles.names() {
            let scenario = try ScenarioFiles.scenario(name, settings: [])
            let gap = String(repeating: " ", count: max(2, 26 - name.count))
            try StandardOutput.line(name + gap + scenario.title)
        }
    }

    private func jobs() throws -> [SimulationBatch.Job] {
        let numbers = seeds?.range ?? (seed ?? 1)...(seed ?? 1)
        return try scenarios.flatMap { name in
            let scenario = try ScenarioFiles.scenario(name, settings: settings.map(\.pair))
            return numbers.map { SimulationBatch.Job(scenario: scenario, argument: name, seed: $0) }
        }
    }

    private func print(_ report: SimulationReport) throws {
        if traceHash {
            try StandardOutput.line("\(report.scenario) \(report.seed) \(report.traceHash)")
        } else if json {
            try StandardOutput.line(RowJSON.line(report))
        } else {
            for line in SimulationLines.lines(of: report) { try StandardOutput.line(line) }
        }
    }

    /// Says of every failed run how to repeat it; fails when there was one.
    private func conclude(_ reports: [SimulationReport]) throws {
        let failed = reports.filter { !$0.isPassed }
        guard !failed.isEmpty else { return }
        let arguments = Dictionary(
            scenarios.map { (ScenarioFiles.name(of: $0), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for report in failed {
            let scenario = arguments[report.scenario] ?? report.scenario
            let options = settings.map { " --set '\($0.pair.key)=\($0.pair.value)'" }.joined()
            StandardError.line(
                "repeat with: candela simulate '\(scenario)' --seed \(report.seed)\(options)"
            )
        }
        throw CommandFailure(.bug, "\(failed.count) of \(reports.count) runs failed")
    }
}

/// `A..B`, both included.
struct SeedRange: ExpressibleByArgument {
    var range: ClosedRange<UInt64>

    init(_ range: ClosedRange<UInt64>) { self.range = range }

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, let first = UInt64(parts[0]),
            let last = UInt64(parts[2]), first <= last, last - first < 10_000
        else { return nil }
        range = first...last
    }
}

/// `KEY=VALUE`.
struct SettingArgument: ExpressibleByArgument {
    var pair: (key: String, value: String)

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        pair = (parts[0], parts[1])
    }
}
