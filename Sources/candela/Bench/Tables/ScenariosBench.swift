import ArgumentParser
import Chandelier
import Simulation

/// The verb `candela bench scenarios`.
struct ScenariosBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenarios",
        abstract: "Every scenario by several seeds, the solvers, the simulator: the tables.",
        discussion: """
            Config/scenarios/RESULTS.md is made by \
            'candela bench scenarios --seeds 1..10 --markdown Config/scenarios/RESULTS.md'. \
            Scenarios of more than 500 viewers run with the first seed only, those of more than \
            2,000 only when they are named.
            """
    )

    @OptionGroup var options: BenchOptions

    @Argument(help: "Names of scenarios (default: all of Config/scenarios).")
    var names: [String] = []

    @Option(help: "Run every seed from A to B.")
    var seeds = SeedRange(1...3)

    @Option(help: "Leave a scenario out; may be repeated.")
    var skip: [String] = []

    @Option(help: "Begin no run after so many minutes, from 1 to 1,440.")
    var minutes: Int?

    @Option(help: "Write the tables as Markdown into a file.")
    var markdown: String?

    @Option(parsing: .upToNextOption, help: "How many viewers the simulator is measured with.")
    var sizes: [Int] = []

    @Option(parsing: .upToNextOption, help: "How many peers the solvers are measured with.")
    var plans = [600]

    func validate() throws {
        guard plans.allSatisfy((10...200_000).contains) else {
            throw ValidationError("--plans is from 10 to 200000")
        }
        guard minutes.map((1...1_440).contains) ?? true, sizes.allSatisfy((1...100_000).contains)
        else { throw ValidationError("--minutes is from 1 to 1440, --sizes from 1 to 100000") }
    }

    func run() async throws {
        if let markdown { try ScenarioFiles.checkWritable(markdown) }
        Interrupt.watch()
        let entries = try plan()
        let end = minutes.map { ContinuousClock.now + .seconds(60 * $0) }
        let jobs = entries.map(\.job)
        let found = await SimulationBatch(jobs, until: end).numbered()
        var tables = ScenarioTables(seeds: seeds.range)
        for (at, report) in found { tables.take(report, for: entries[at]) }
        try Interrupt.check()
        tables.measureSolvers(plans, seed: seeds.range.lowerBound)
        tables.measureSpeed(sizes)
        if let markdown { try ScenarioFiles.write(tables.markdown, to: markdown) }
        if options.json || markdown == nil { try options.print(tables.result) }
    }

    /// One run and the row that it belongs to.
    struct Entry {
        var row: String
        var optimiser: Optimiser?
        var job: SimulationBatch.Job
    }

    /// Seed by seed, so that every scenario has been run once before any is run again.
    private func plan() throws -> [Entry] {
        let all = names.isEmpty ? ScenarioFiles.names() : names
        let wanted = all.filter { !skip.contains($0) }
        var entries: [Entry] = []
        let scenarios = try wanted.map { ($0, try ScenarioFiles.scenario($0, settings: [])) }
        for seed in seeds.range {
            for (name, scenario) in scenarios where isWanted(scenario, seed) {
                let job = SimulationBatch.Job(scenario: scenario, argument: name, seed: seed)
                entries.append(Entry(row: ScenarioFiles.name(of: name), optimiser: nil, job: job))
            }
            guard wanted.contains("solvers") else { continue }
            for optimiser in [Optimiser.greedy, .auction, .random] {
                let settings = [(key: "optimiser", value: optimiser.rawValue)]
                let scenario = try ScenarioFiles.scenario("solvers", settings: settings)
                let job = SimulationBatch.Job(scenario: scenario, argument: "solvers", seed: seed)
                entries.append(Entry(row: "solvers", optimiser: optimiser, job: job))
            }
        }
        return entries
    }

    private func isWanted(_ scenario: Scenario, _ seed: UInt64) -> Bool {
        let viewers = scenario.configuration.population.reduce(0) { $0 + $1.count }
        if viewers > 2_000, names.isEmpty { return false }
        return viewers <= 500 || seed == seeds.range.lowerBound
    }
}
