import Basics
import Chandelier
import Telemetry
import Testing

@testable import Simulation

/// The same seed gives the same run.
@Suite("Determinism")
struct DeterminismTests {
    /// Something of everything: loss, jitter, joins, crashes, drawn victims, skewed clocks.
    private static func eventful(seed: UInt64) -> SimulationConfiguration {
        var configuration = Stage.swarm(viewers: 10, seconds: 8).losing(0.02).seeded(seed)
            .with(.crash(.some(2)), at: 4).with(.join(ViewerClass(count: 2)), at: 5)
        configuration.clockSkewMax = .milliseconds(100)
        return configuration
    }

    @Test("the same seed gives the same trace and the same figures")
    func sameSeed() {
        let runs = (0..<3).map { _ in Stage.run(DeterminismTests.eventful(seed: 7)) }
        #expect(Set(runs.map(\.traceHash)).count == 1)
        #expect(Set(runs.map(\.eventCount)).count == 1)
        #expect(Set(runs.map { $0.rows.map(\.bytesDelivered) }).count == 1)
        #expect(Set(runs.map(\.lagMs.p95)).count == 1)
    }

    @Test("another seed gives another trace")
    func otherSeed() {
        let hashes = (1...4).map { Stage.run(DeterminismTests.eventful(seed: $0)).traceHash }
        #expect(Set(hashes).count == 4)
    }

    @Test("a change of one input changes the trace")
    func otherInput() {
        let base = DeterminismTests.eventful(seed: 3)
        var slower = base
        slower.network.delay = base.network.delay + .microseconds(1)
        #expect(Stage.run(base).traceHash != Stage.run(slower).traceHash)
    }

    /// One thing that a core does otherwise.
    enum Slip: CaseIterable {
        /// Viewers play a microsecond later.
        case playout
        /// The source counts with less of its uplink.
        case cap
        /// Viewers count with less of theirs.
        case seats

        func applied(to configuration: SimulationConfiguration) -> SimulationConfiguration {
            var configuration = configuration
            switch self {
            case .playout: configuration.population[0].latency = .seconds(1) + .microseconds(1)
            case .cap: configuration.sourceCap = .megabits(3)
            case .seats: configuration.population[0].uploadCap = .megabits(1)
            }
            return configuration
        }
    }

    @Test("a core that does one thing otherwise leaves another trace", arguments: Slip.allCases)
    func slip(_ slip: Slip) {
        var base = DeterminismTests.eventful(seed: 3)
        base.sourceCap = .megabits(4)
        base.population[0].uploadCap = .megabits(2)
        #expect(Stage.run(base).traceHash != Stage.run(slip.applied(to: base)).traceHash)
    }

    @Test("another process, whose hashes have other seeds, gives the same trace")
    func otherProcess() async {
        let hash = Stage.run(DeterminismTests.eventful(seed: 5)).traceHash
        await #expect(processExitsWith: .success) { [hash = hash as String] in
            let again = Stage.run(DeterminismTests.eventful(seed: 5)).traceHash
            guard again == hash else { fatalError("\(again) is not \(hash)") }
        }
    }
}
