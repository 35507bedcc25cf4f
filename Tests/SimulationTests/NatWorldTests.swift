import Basics
import Overlay
import Paths
import Telemetry
import Testing

@testable import Simulation

/// NATs between the machines of a simulation.
@Suite("NATs of the simulated network")
struct NatWorldTests {
    /// Two viewers, each behind a NAT of its own, and a source that everybody reaches.
    private static func pair(
        _ one: NatType,
        _ other: NatType,
        seed: UInt64 = 1
    ) -> SimulationConfiguration {
        var configuration = SimulationConfiguration(viewers: 1)
        configuration.seed = seed
        configuration.rate = .kilobits(64)
        configuration.keyFrameInterval = .seconds(10)
        configuration.trackerPlace = .separate
        configuration.population = [one, other].map { type in
            var viewers = ViewerClass(count: 1)
            viewers.nat = NatPlan([(type, 1)])
            return viewers
        }
        return configuration
    }

    /// Whether two peers behind those NATs have a session with each other in the end.
    private static func meet(_ one: NatType, _ other: NatType, seed: UInt64 = 1) -> Bool {
        var world = World(pair(one, other, seed: seed))
        // By then both have joined, know their NATs and have been introduced.
        for _ in 0..<12 {
            world.advance(to: world.now + .milliseconds(500))
            if world.viewers.count == 2, world.areNeighbours(0, 1) { return true }
        }
        return false
    }

    /// Types of every kind of behaviour that decides how two meet.
    private static let types: [NatType] = {
        let (ei, ad, apd) = (
            NatType.Dependence.endpointIndependent, NatType.Dependence.addressDependent,
            NatType.Dependence.addressAndPortDependent
        )
        return [
            NatType(ei, ei, .random), NatType(ei, ad, .preserving), NatType(ei, apd, .preserving),
            NatType(ei, apd, .random), NatType(ad, apd, .contiguous), NatType(apd, ei, .random),
            NatType(apd, ad, .contiguous), NatType(apd, apd, .contiguous),
            NatType(apd, apd, .random), NatType(apd, apd, .preserving),
        ]
    }()

    @Test("peers meet through two NATs wherever the table says so", arguments: types)
    func table(one: NatType) {
        // Who comes first is the one or the other.
        for other in NatWorldTests.types where other.byte % 2 == 0 || other.byte >= one.byte {
            let seen = [one, other].map {
                NatOutlook($0, newestPort: 0, insidePort: 0).ofUsedSocket.type
            }
            let isDirect = NatStrategy(seen[0], seen[1]) != .relay
            let isMet = NatWorldTests.meet(one, other)
            #expect(isMet == isDirect, "\(one) and \(other)")
        }
    }

    @Test("whoever cannot meet anybody is fed by the source, and nobody is left without media")
    func relayedPairs() {
        let apd = NatType.Dependence.addressAndPortDependent
        var configuration = NatWorldTests.pair(
            NatType(apd, apd, .random),
            NatType(apd, apd, .random)
        )
        configuration.population[0].count = 5
        configuration.duration = .seconds(15)
        var world = World(configuration)
        let report = world.run()
        #expect(report.rows.count == 6)
        #expect(report.rows.allSatisfy { $0.startupMs != nil })
        #expect(report.continuity.worst == 1)
        #expect(report.violations == [])
    }

    @Test("two hosts behind one NAT meet by their own addresses")
    func oneLan() {
        let apd = NatType.Dependence.addressAndPortDependent
        var configuration = NatWorldTests.pair(.usual, .usual)
        var viewers = ViewerClass(count: 2)
        viewers.nat = NatPlan([(NatType(.endpointIndependent, apd, .preserving), 1)])
        viewers.perNetwork = 2
        configuration.population = [viewers]
        var world = World(configuration)
        world.advance(to: world.now + .seconds(6))
        let meet = world.areNeighbours(0, 1)
        #expect(meet)
        let networks = world.lans.count
        #expect(networks == 1)
    }

    @Test("NATs do not disturb the order of events: the same seed gives the same trace")
    func deterministic() {
        let hashes = (0..<2).map { _ -> UInt64 in
            var configuration = SimulationConfiguration(viewers: 6)
            configuration.duration = .seconds(4)
            configuration.population[0].nat = .measured
            var world = World(configuration)
            _ = world.run()
            return world.traceHash
        }
        #expect(hashes[0] == hashes[1])
    }
}

extension World {
    /// Whether two viewers have a session with each other.
    func areNeighbours(_ one: Int, _ other: Int) -> Bool {
        let (left, right) = (machines[viewers[one]], machines[viewers[other]])
        guard let id = right.peer?.id.description else { return false }
        let rows = left.peer?.snapshot(at: left.local(now)).peers ?? []
        return rows.contains { $0.id == id }
    }
}
