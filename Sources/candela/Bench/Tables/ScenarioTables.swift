import Chandelier
import Simulation
import Telemetry

/// What all scenarios, the solvers and the simulator have shown.
struct ScenarioTables {
    private let seeds: ClosedRange<UInt64>
    private var rows: [ScenarioRow] = []
    /// The scenario `solvers`, solver by solver.
    private var solvers: [ScenarioRow] = []
    private var plans: [(title: String, measurements: [SolverStand.Measurement])] = []
    private var speeds: [SpeedStand.Measurement] = []

    init(seeds: ClosedRange<UInt64>) { self.seeds = seeds }

    mutating func take(_ report: SimulationReport, for entry: ScenariosBenchCommand.Entry) {
        guard !report.isInterrupted else { return }
        if let optimiser = entry.optimiser {
            ScenarioTables.take(report, optimiser.rawValue, into: &solvers)
        } else {
            ScenarioTables.take(report, entry.row, into: &rows)
            if entry.row == "solvers" {
                ScenarioTables.take(report, Optimiser.chandelier.rawValue, into: &solvers)
            }
        }
    }

    private static func take(
        _ report: SimulationReport,
        _ name: String,
        into rows: inout [ScenarioRow]
    ) {
        let at = rows.firstIndex { $0.name == name } ?? rows.count
        if at == rows.count { rows.append(ScenarioRow(name)) }
        rows[at].take(report)
    }

    /// One epoch of every solver, fresh and after some churn.
    mutating func measureSolvers(_ sizes: [Int], seed: UInt64) {
        let stand = SolverStand(seed: seed)
        for size in sizes.sorted() {
            let fresh = ChandelierCast.swarm(size, seed: seed)
            plans.append(("\(size) peers, fresh", stand.measureAll(fresh)))
            let settled = ChandelierCast.settled(fresh)
            let churned = ChandelierCast.churned(settled, percent: 2, seed: seed)
            plans.append(("\(size) peers, after 2 % churn", stand.measureAll(churned)))
        }
    }

    /// The simulator itself, size by size.
    mutating func measureSpeed(_ sizes: [Int]) {
        guard !sizes.isEmpty else { return }
        let stand = SpeedStand(seconds: 15, seed: 1)
        speeds = sizes.sorted().map { stand.measure($0) }
    }

    var result: BenchResult {
        var result = BenchResult("scenarios")
        result["seeds"] = .text("\(seeds.lowerBound)..\(seeds.upperBound)")
        result["scenarios"] = .list(rows.map(\.result))
        result["solvers"] = .list(solvers.map(\.result))
        result["plans"] = .list(
            plans.flatMap { plan in
                plan.measurements.map { measurement in
                    var row = BenchResult()
                    row["swarm"] = .text(plan.title)
                    row["plan"] = .object(measurement.row)
                    return row
                }
            }
        )
        result["speed"] = .list(speeds.map(\.row))
        return result
    }

    // MARK: Markdown

    var markdown: String {
        var parts = [ScenarioTables.head(seeds), scenarioTable]
        if !solvers.isEmpty { parts.append(solverTable) }
        if !plans.isEmpty { parts.append(planTable) }
        if !speeds.isEmpty { parts.append(speedTable) }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func head(_ seeds: ClosedRange<UInt64>) -> String {
        """
        # Results

        Made by `candela bench scenarios --seeds \(seeds.lowerBound)..\(seeds.upperBound) \
        --markdown Config/scenarios/RESULTS.md` (see `--help`); do not edit.
        Every figure of a scenario is the worst that any of its seeds gave, and is the same on every machine. Times \
        of solvers and of the simulator are CPU times of one core of the machine that made this.
        """
    }

    private var scenarioTable: String {
        let cells = rows.sorted { $0.name < $1.name }.map { row in
            [
                row.name, "\(row.viewers)", "\(row.seeds)", Cell.share(row.continuity),
                Cell.share(row.continuityWorst), Cell.number(row.lagP95, 0),
                Cell.number(row.startupP95, 0), Cell.number(row.recoveryWorst, 0),
                Cell.number(row.sourceLoad, 2), Cell.percent(row.overhead),
                Cell.number(row.depth, 1), Cell.percent(row.rateOfBound), row.verdict,
            ]
        }
        return """
            ## Scenarios

            Continuity is chunks in time ÷ chunks due: the mean of all viewers that stayed, and the worst viewer. Lag \
            and startup are 95th percentiles, recovery is the longest gap right after a fault, all in ms. The source's \
            load is in copies of the stream; overhead is wire bytes beyond the media ÷ media; depth is the mean number \
            of hops; bound is the viewers' rate ÷ the most that the capacities allow, headers counted as media. The \
            verdict tells what was expected and missed, with the worst that came.


            """
                + ScenarioTables.table(
                    [
                        "scenario", "viewers", "seeds", "continuity", "worst", "lag", "startup",
                        "recovery", "source", "overhead", "depth", "bound", "verdict",
                    ],
                    cells
                )
    }

    private var solverTable: String {
        """
        ## Solvers in simulation

        The scenario `solvers` with the tracker's epochs planned by each solver, on the same seeds. All share the \
        rows of the trees; they differ in who is whose child.


        """
            + ScenarioTables.table(
                ["solver", "seeds", "continuity", "worst", "lag", "source", "overhead", "depth"],
                solvers.map { row in
                    [
                        row.name, "\(row.seeds)", Cell.share(row.continuity),
                        Cell.share(row.continuityWorst), Cell.number(row.lagP95, 0),
                        Cell.number(row.sourceLoad, 2), Cell.percent(row.overhead),
                        Cell.number(row.depth, 1),
                    ]
                }
            )
    }

    private var planTable: String {
        let cells = plans.flatMap { plan in
            plan.measurements.map { one in
                [
                    plan.title, one.optimiser.rawValue, Cell.share(one.ratio),
                    Cell.number(one.milliseconds, 1), Cell.percent(one.figures.movedShare),
                    "\(one.figures.moves)", "\(one.figures.unfed)", "\(one.figures.depthMax)",
                ]
            }
        }
        return """
            ## Solvers by themselves

            One epoch without a deadline, 8 stripes, 15 % of the pairs of networks forbidden. Quality is what the links \
            are worth ÷ the same for the exact solver.


            """
                + ScenarioTables.table(
                    ["swarm", "solver", "quality", "ms", "links moved", "moves", "unfed", "depth"],
                    cells
                )
    }

    private var speedTable: String {
        """
        ## What a run costs

        A stream of 1 Mbit/s, all viewers within the first quarter of 15 s. Memory is what a run adds to the process at its peak.


        """
            + ScenarioTables.table(
                ["viewers", "virtual s ÷ s of a core", "events", "µs per event", "KB per viewer"],
                speeds.map { one in
                    [
                        "\(one.viewers)", Cell.number(one.ratio, 2), "\(one.report.eventCount)",
                        Cell.number(one.microsecondsPerEvent, 2),
                        Cell.number(one.kilobytesPerViewer, 0),
                    ]
                }
            )
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines =
            [head, head.map { _ in "---" }]
            + rows.map { $0.map { $0.replacing("|", with: "\\|") } }
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
