import Basics
import Testing

@testable import Simulation

/// Every invariant that is watched can be seen broken.
@Suite("Invariants")
struct InvariantTests {
    private func configuration() -> SimulationConfiguration {
        var configuration = SimulationConfiguration(viewers: 4)
        configuration.duration = .seconds(10)
        configuration.population[0].uploadCap = .megabits(4)
        configuration.settle = .seconds(2)
        return configuration
    }

    @Test("an honest swarm breaks none")
    func honest() {
        var world = World(configuration())
        #expect(world.run().violations == [])
    }

    @Test("a breach on purpose is seen", arguments: Mutation.allCases)
    func breach(mutation: Mutation) {
        var world = World(configuration())
        world.mutation = mutation
        let seen = Set(world.run().violations.map(\.invariant))
        #expect(seen.contains(mutation.invariant), "\(mutation): \(seen)")
    }
}
