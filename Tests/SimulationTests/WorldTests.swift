import Basics
import Testing
import Wire

@testable import Simulation

@Suite("World")
struct WorldTests {
    private func configuration(viewers: Int = 3) -> SimulationConfiguration {
        var configuration = SimulationConfiguration(viewers: viewers)
        configuration.duration = .seconds(4)
        return configuration
    }

    @Test("runs nothing before it is told to, and virtual time moves by itself")
    func time() {
        var world = World(configuration())
        #expect(world.now == World.start && world.trace.count == 0)
        world.advance(to: World.start + .seconds(3))
        #expect(world.now == World.start + .seconds(3))
        #expect(world.trace.count > 100)
    }

    @Test("keeps few events and few datagrams under way, however long it runs")
    func bounded() {
        var world = World(configuration(viewers: 6))
        var most = (events: 0, flights: 0)
        for step in 1...40 {
            world.advance(to: World.start + .milliseconds(100 * step))
            most = (max(most.events, world.eventCount), max(most.flights, world.flights.count))
        }
        #expect(most.events < 400 && most.flights < 300, "\(most)")
    }

    @Test("every datagram between machines is a valid envelope, 1,200 bytes at most")
    func envelopes() {
        var world = World(configuration())
        var (count, bad) = (0, 0)
        world.tap = { _, _, datagram in
            count += 1
            let isSound = Envelope.parse(firstByte: datagram[0]) != nil && datagram.count <= 1_200
            if !isSound { bad += 1 }
        }
        _ = world.run()
        #expect(count > 500 && bad == 0)
    }

    @Test("a viewer that nobody feeds is seen to be idle")
    func idle() {
        var configuration = configuration(viewers: 2)
        configuration.duration = .seconds(12)
        configuration.faults = [Fault(at: .seconds(3), .loss(1))]
        var world = World(configuration)
        let report = world.run()
        #expect(report.violations.contains { $0.invariant == 12 })
    }

    @Test("faults hit whom they name, and nobody twice")
    func victims() {
        var configuration = configuration(viewers: 5)
        configuration.faults = [
            Fault(at: .seconds(2), .crash(.viewers([1, 3]))),
            Fault(at: .milliseconds(2_500), .crash(.viewers([1, 2, 99]))),
            Fault(at: .seconds(3), .leave(.some(9))),
        ]
        var world = World(configuration)
        world.advance(to: World.start + .milliseconds(2_600))
        #expect(
            world.viewers.map { world.machines[$0].isGone } == [false, true, true, true, false]
        )
        let report = world.run()
        #expect(report.rows.isEmpty && report.viewers == 5)
    }
}
