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

    @Test(
        "without a tracker neighbours introduce each other through their NATs, and who is left plays on"
    )
    func mutual() throws {
        let scenario = try Scenario(
            parsing: """
                title = mutual
                duration = 40s
                tracker = separate
                rate = 100k
                class.viewers.count = 24
                class.viewers.latency = 2s
                class.viewers.nat = EI/APD/preserving EI/AD/random
                at 8s crash-tracker
                at 20s crash viewers 0,1,2,3,4,5,6,7,8,9,10,11
                expect playing == 12
                """,
            name: "mutual",
            file: "mutual"
        )
        var world = World(scenario.configuration)
        var report = world.run()
        scenario.judge(&report)
        #expect(report.expectations.allSatisfy { $0.isMet })
        let left = world.viewers.map { world.machines[$0] }.filter { !$0.isGone }
        let meetings = left.compactMap { machine in
            machine.peer?.snapshot(at: machine.local(world.now)).meetings
        }
        #expect(left.count == 12)
        #expect(meetings.reduce(0) { $0 + $1.introduced } > 0)
        let rows = left.compactMap { machine in
            machine.peer?.snapshot(at: machine.local(world.now))
        }
        #expect(rows.allSatisfy { $0.peers.first { $0.path == "self" }?.parents.count == 8 })
    }

    @Test("NATs that forget after five seconds lose no neighbour, once that is known")
    func shortMemory() throws {
        let scenario = try Scenario(
            parsing: """
                title = short memory
                duration = 60s
                tracker = separate
                rate = 100k
                class.viewers.count = 6
                class.viewers.latency = 2s
                class.viewers.nat = EI/APD/preserving EI/AD/random
                class.viewers.nat-timeout = 5s
                expect stalls == 0
                """,
            name: "short memory",
            file: "short memory"
        )
        var world = World(scenario.configuration)
        let report = world.run()
        #expect(report.continuity.worst == 1)
        for index in world.viewers {
            let machine = world.machines[index]
            let snapshot = machine.peer?.snapshot(at: machine.local(world.now))
            let seen = try #require(snapshot)
            #expect(seen.meetings?.keepAliveS == 1)
            let lost = seen.events.filter { $0.text.contains("nothing heard") }
            #expect(lost.isEmpty, "\(lost.map(\.text))")
        }
    }

    /// Cone NATs that look at addresses or ports, so that both sides have to punch.
    private static let cones: [NatType] = [
        NatType(.endpointIndependent, .addressDependent, .preserving),
        NatType(.endpointIndependent, .addressAndPortDependent, .preserving),
        NatType(.endpointIndependent, .addressAndPortDependent, .random),
    ]

    @Test("from its introduction to the path a pair behind cones needs at most two round trips")
    func promptness() throws {
        for (number, one) in NatWorldTests.cones.enumerated() {
            for other in NatWorldTests.cones[number...] {
                var configuration = NatWorldTests.pair(one, other)
                configuration.network.delay = .milliseconds(30)
                configuration.network.delaySpread = 0
                configuration.network.jitter = .zero
                var world = World(configuration)
                world.advance(to: world.now + .seconds(4))
                let isMet = world.areNeighbours(0, 1)
                #expect(isMet, "\(one) and \(other)")
                for index in world.viewers {
                    let machine = world.machines[index]
                    let paths = machine.peer?.snapshot(at: machine.local(world.now)).meetings
                    // Half a round trip for the punches, one for the handshake, and half until the
                    // initiator's first message.
                    #expect(try #require(paths?.pathMs.worst) <= 2 * 60 + 5, "\(one) and \(other)")
                }
            }
        }
    }

    @Test("a neighbour whose NAT gets another address is met there within a second")
    func renumbered() {
        var configuration = NatWorldTests.pair(NatWorldTests.cones[1], NatWorldTests.cones[0])
        configuration.faults = [Fault(at: .seconds(8), .renumber(.viewers([0])))]
        var world = World(configuration)
        world.advance(to: world.now + .seconds(8) - .milliseconds(1))
        let before = world.areNeighbours(0, 1)
        #expect(before)
        world.advance(to: world.now + .milliseconds(1_001))
        let after = world.areNeighbours(0, 1) && world.areNeighbours(1, 0)
        #expect(after)
        // What one says comes to the other from then on.
        for (here, there) in [(0, 1), (1, 0)] {
            let silence = world.silence(of: there, at: here)
            #expect(silence ?? .infinity < 0.5)
        }
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

    /// How long ago a viewer last heard of another one, in seconds.
    func silence(of other: Int, at one: Int) -> Double? {
        let machine = machines[viewers[one]]
        guard let id = machines[viewers[other]].peer?.id.description else { return nil }
        let rows = machine.peer?.snapshot(at: machine.local(now)).peers ?? []
        return rows.first { $0.id == id }?.lastS
    }
}
