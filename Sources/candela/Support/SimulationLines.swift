import Simulation
import Telemetry

/// What a person wants to know of a run, in some lines.
enum SimulationLines {
    static func lines(of report: SimulationReport) -> [String] {
        let verdict =
            report.isInterrupted ? "interrupted" : report.isPassed ? "passed" : "FAILED"
        let speed = report.wallS.map { report.virtualS / max(1e-9, $0) }
        var lines = [
            "\(report.scenario) seed \(report.seed): \(verdict)",
            "  \(report.viewers) viewers, \(number(report.virtualS, 1)) s in "
                + "\(number(report.wallS, 1)) s (\(number(speed, 1)) × real time), trace "
                + report.traceHash,
            "  continuity \(number(report.continuity.mean, 5)), worst "
                + "\(number(report.continuity.worst, 5)); picture "
                + "\(number(report.pictureContinuity.mean, 5)), worst "
                + number(report.pictureContinuity.worst, 5),
            "  lag p50 \(ms(report.lagMs.p50)), p95 \(ms(report.lagMs.p95)), worst "
                + "\(ms(report.lagMs.worst)); startup p50 \(ms(report.startupMs.p50)), p95 "
                + "\(ms(report.startupMs.p95)), worst \(ms(report.startupMs.worst))",
            "  source ×\(number(report.sourceLoad, 2)) media, ×"
                + "\(number(report.sourceWireLoad, 2)) wire; overhead \(percent(report.overhead)), "
                + "twice \(percent(report.duplicates)), still \(percent(report.stallRatio)); depth "
                + number(report.depthMean, 1),
        ]
        if report.continuitySteady.mean != nil {
            lines.append(
                "  once formed: continuity \(number(report.continuitySteady.mean, 5)), worst "
                    + "\(number(report.continuitySteady.worst, 5)); lag p50 "
                    + "\(ms(report.lagSteadyMs.p50)), p95 \(ms(report.lagSteadyMs.p95))"
            )
        }
        if report.recoveryMs.worst != nil {
            lines.append(
                "  after faults playing again within p50 \(ms(report.recoveryMs.p50)), worst "
                    + ms(report.recoveryMs.worst)
            )
        }
        for one in report.expectations where !one.isMet {
            lines.append("  missed: \(one.text); it was \(number(one.value, 5))")
        }
        for one in report.violations.prefix(8) {
            let place = one.machine ?? "swarm"
            let time = number(one.t, 2)
            lines.append("  invariant \(one.invariant) at \(time) s, \(place): \(one.text)")
        }
        if report.violationCount > 8 { lines.append("  … \(report.violationCount) in all") }
        return lines
    }

    private static func number(_ value: Double?, _ digits: Int) -> String {
        guard let value, value.isFinite else { return "–" }
        let scale = (0..<digits).reduce(1.0) { result, _ in result * 10 }
        return "\((value * scale).rounded() / scale)"
    }

    private static func ms(_ value: Double?) -> String {
        value.map { "\(Int($0.rounded())) ms" } ?? "–"
    }

    private static func percent(_ value: Double?) -> String {
        value.map { "\(number($0 * 100, 2)) %" } ?? "–"
    }
}
