import Basics
import Chandelier

/// Measures the solvers of the optimiser on one swarm.
struct SolverStand {
    /// Above this many viewers the optimum takes minutes.
    private static let exactMax = 20_000

    let seed: UInt64
    /// In milliseconds; nil for none.
    var deadline: Int?

    /// One epoch by one solver.
    struct Measurement {
        var optimiser: Optimiser
        var figures: PlanFigures
        /// CPU time.
        var nanoseconds: Int64
        /// What the exact solver's links are worth, when it was measured as well.
        var best: Int?

        var milliseconds: Double { Double(nanoseconds) / 1e6 }
        /// What its links are worth ÷ the same for the exact solver.
        var ratio: Double? { best.map { Double(figures.worth) / Double(max(1, $0)) } }

        var row: BenchResult {
            var row = BenchResult()
            row["solver"] = .text(optimiser.rawValue)
            row["ratio"] = .number(ratio)
            row["ms"] = .number(milliseconds)
            row["moved_share"] = .number(figures.movedShare)
            row["moves"] = .count(figures.moves)
            row["repairs"] = .count(figures.repairs)
            row["unfed"] = .count(figures.unfed)
            row["depth"] = .count(figures.depthMax)
            row["work"] = .count(figures.work)
            row["complete"] = .flag(figures.isComplete)
            return row
        }
    }

    func measureAll(_ view: SwarmView) -> [Measurement] {
        let optimisers = Optimiser.allCases.filter {
            $0 != .exact || view.members.count <= SolverStand.exactMax
        }
        var measurements = optimisers.map { measure($0, view) }
        let best = measurements.first { $0.optimiser == .exact }?.figures.worth
        for at in measurements.indices { measurements[at].best = best }
        return measurements
    }

    func measure(_ optimiser: Optimiser, _ view: SwarmView) -> Measurement {
        let start = BenchClock.threadTime
        var budget = WorkBudget.unlimited
        if let deadline, optimiser != .exact {
            let end = start + Int64(deadline) * 1_000_000
            budget = WorkBudget(until: { BenchClock.threadTime >= end })
        }
        let outcome = optimiser.plan(view, seed: seed, budget: &budget)
        return Measurement(
            optimiser: optimiser,
            figures: outcome.figures,
            nanoseconds: BenchClock.threadTime - start
        )
    }
}
