import Basics
import Telemetry
import Testing

@testable import Simulation

/// Runs scenarios, and says of every failure how to repeat it.
enum Stage {
    /// Sixteen viewers of 1 Mbit/s that play as soon as they can, for a quarter of a minute.
    static func swarm(viewers: Int = 16, seconds: Int = 14) -> SimulationConfiguration {
        var configuration = SimulationConfiguration(viewers: viewers)
        configuration.duration = .seconds(seconds)
        configuration.population[0].latency = .zero
        return configuration
    }

    static func run(_ configuration: SimulationConfiguration) -> SimulationReport {
        var world = World(configuration)
        return world.run()
    }
}

extension SimulationConfiguration {
    /// The same, with a playout delay for everybody.
    func playing(behind latency: TimeSpan) -> SimulationConfiguration {
        var result = self
        for at in result.population.indices { result.population[at].latency = latency }
        return result
    }

    /// The same, with a fault.
    func with(_ action: Fault.Action, at seconds: Int) -> SimulationConfiguration {
        var result = self
        result.faults.append(Fault(at: .seconds(seconds), action))
        return result
    }

    /// The same, with a share of the datagrams lost.
    func losing(_ share: Double) -> SimulationConfiguration {
        var result = self
        result.network.loss = share
        return result
    }

    /// The same with another seed.
    func seeded(_ seed: UInt64) -> SimulationConfiguration {
        var result = self
        result.seed = seed
        return result
    }
}

extension SimulationReport {
    /// What a failed expectation says.
    var comment: Comment {
        let first = violations.first.map { "#\($0.invariant) \($0.machine ?? "-"): \($0.text)" }
        return """
            seed \(seed), trace \(traceHash), continuity \(continuity.worst ?? -1), \
            picture \(pictureContinuity.worst ?? -1), lag p95 \(lagMs.p95 ?? -1) ms, \
            source load \(sourceLoad ?? -1), \(violationCount) violations \(first ?? "")
            """
    }

    /// The viewers without those of some numbers.
    func rows(without numbers: [Int]) -> [ViewerRow] {
        rows.filter { !numbers.contains($0.number) }
    }
}

/// Everybody saw everything, in time, and no invariant broke.
func expectPerfect(
    _ report: SimulationReport,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(report.continuity.worst == 1, report.comment, sourceLocation: sourceLocation)
    #expect(report.pictureContinuity.worst == 1, report.comment, sourceLocation: sourceLocation)
    #expect(report.violations == [], report.comment, sourceLocation: sourceLocation)
    let isWhole = report.rows.allSatisfy { $0.packetsSkipped == 0 && $0.discontinuities == 0 }
    #expect(isWhole, report.comment, sourceLocation: sourceLocation)
}
