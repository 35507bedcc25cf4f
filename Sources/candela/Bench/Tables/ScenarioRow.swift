import Simulation
import Telemetry

/// One row of the tables: the worst that any seed gave.
struct ScenarioRow {
    let name: String
    private(set) var viewers = 0
    private(set) var seeds = 0
    private(set) var passed = 0
    private(set) var continuity: Double?
    private(set) var continuityWorst: Double?
    private(set) var lagP95: Double?
    private(set) var startupP95: Double?
    private(set) var recoveryWorst: Double?
    private(set) var sourceLoad: Double?
    private(set) var overhead: Double?
    private(set) var depth: Double?
    private(set) var rateOfBound: Double?
    /// What was expected and missed: how often, and the worst that came.
    private var missed: [(text: String, count: Int, value: Double?)] = []
    private var violations = 0

    init(_ name: String) { self.name = name }

    mutating func take(_ report: SimulationReport) {
        seeds += 1
        viewers = max(viewers, report.viewers)
        if report.isPassed { passed += 1 }
        continuity = least(continuity, report.continuity.mean)
        continuityWorst = least(continuityWorst, report.continuity.worst)
        lagP95 = most(lagP95, report.lagMs.p95)
        startupP95 = most(startupP95, report.startupMs.p95)
        recoveryWorst = most(recoveryWorst, report.recoveryMs.worst)
        sourceLoad = most(sourceLoad, report.sourceLoad)
        overhead = most(overhead, report.overhead)
        depth = most(depth, report.depthMean)
        rateOfBound = least(rateOfBound, report.rateOfBound)
        violations += report.violationCount
        for one in report.expectations where !one.isMet { note(one) }
    }

    private mutating func note(_ outcome: Requirement.Outcome) {
        let at = missed.firstIndex { $0.text == outcome.text } ?? missed.count
        if at == missed.count { missed.append((outcome.text, 0, outcome.value)) }
        missed[at].count += 1
        // A bound from above is missed by more, one from below by less.
        let isAbove = outcome.text.contains(" <")
        missed[at].value =
            isAbove ? most(missed[at].value, outcome.value) : least(missed[at].value, outcome.value)
    }

    private func least(_ one: Double?, _ other: Double?) -> Double? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    private func most(_ one: Double?, _ other: Double?) -> Double? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }

    /// How many seeds passed, and what the others missed.
    var verdict: String {
        guard seeds > 0 else { return "not run" }
        var parts = [passed == seeds ? "all pass" : "\(passed) of \(seeds) pass"]
        for one in missed {
            parts.append("\(one.text): \(Cell.number(one.value, 4)) (\(one.count)×)")
        }
        if violations > 0 {
            parts.append("\(violations) invariant\(violations == 1 ? "" : "s") broken")
        }
        return parts.joined(separator: "; ")
    }

    var result: BenchResult {
        var row = BenchResult()
        row["scenario"] = .text(name)
        row["viewers"] = .count(viewers)
        row["seeds"] = .count(seeds)
        row["passed"] = .count(passed)
        row["continuity_mean"] = .number(continuity)
        row["continuity_worst"] = .number(continuityWorst)
        row["lag_p95_ms"] = .number(lagP95)
        row["startup_p95_ms"] = .number(startupP95)
        row["recovery_worst_ms"] = .number(recoveryWorst)
        row["source_load"] = .number(sourceLoad)
        row["overhead"] = .number(overhead)
        row["depth_mean"] = .number(depth)
        row["rate_of_bound"] = .number(rateOfBound)
        row["verdict"] = .text(verdict)
        return row
    }
}

/// Figures in the cells of a table.
enum Cell {
    static func number(_ value: Double?, _ digits: Int) -> String {
        guard let value, value.isFinite else { return "–" }
        let scale = (0..<digits).reduce(1.0) { result, _ in result * 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e9
            ? String(Int(rounded)) : String(rounded)
    }

    /// The least share is rounded down, so that what is less than all never looks like all.
    static func share(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        let rounded = (value * 100_000).rounded(.down) / 1_000
        return rounded == 100 ? "100 %" : "\(rounded) %"
    }

    static func percent(_ value: Double?) -> String {
        value.map { "\(number($0 * 100, 1)) %" } ?? "–"
    }
}
