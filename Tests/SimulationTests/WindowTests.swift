import Basics
import Testing

@testable import Simulation

/// Windows change in which order machines have their turn, and nothing else.
@Suite("Windows of virtual time")
struct WindowTests {
    private static func configuration(seed: UInt64) -> SimulationConfiguration {
        var configuration = SimulationConfiguration(viewers: 6)
        configuration.seed = seed
        configuration.duration = .seconds(5)
        configuration.clockSkewMax = .milliseconds(300)
        configuration.network.loss = 0.02
        configuration.network.duplicate = 0.02
        configuration.network.corrupt = 0.01
        configuration.network.reorder = 0.05
        configuration.population[0].access.down = .megabits(20)
        configuration.population[0].uploadCap = .megabits(3)
        configuration.population[0].access.up = .megabits(3)
        var slow = NetworkModel()
        slow.delay = .milliseconds(50)
        configuration.faults = [
            Fault(at: .seconds(2), .crash(.some(2))),
            Fault(at: .milliseconds(2_503), .restart(.some(2), after: .zero, within: .seconds(1))),
            Fault(at: .seconds(3), .pause(.some(2), .milliseconds(700))),
            Fault(at: .milliseconds(3_800), .network(slow)),
            Fault(at: .milliseconds(3_900), .cut(.some(3), .halves, .milliseconds(400))),
            Fault(at: .milliseconds(4_500), .join(ViewerClass(count: 3))),
        ]
        return configuration
    }

    private func run(_ configuration: SimulationConfiguration, _ order: World.Order)
        -> SimulationReport
    {
        var world = World(configuration)
        world.order = order
        world.adjustWindows()
        #expect((world.wheel == nil) == (order == .strict))
        return world.run()
    }

    @Test("what every viewer sees is the same as in strict order of time", arguments: 1...2)
    func same(seed: Int) {
        let configuration = WindowTests.configuration(seed: UInt64(seed))
        let (windows, strict) = (run(configuration, .byWindows), run(configuration, .strict))
        #expect(windows.eventCount == strict.eventCount)
        #expect(windows.datagrams == strict.datagrams)
        #expect(windows.datagramsLost == strict.datagramsLost)
        #expect(windows.lagCurve == strict.lagCurve)
        #expect(windows.rows.map(\.bytesDelivered) == strict.rows.map(\.bytesDelivered))
        #expect(windows.rows.map(\.wireBytesOut) == strict.rows.map(\.wireBytesOut))
        #expect(windows.rows.map(\.lagP95Ms) == strict.rows.map(\.lagP95Ms))
        #expect(windows.violationCount == strict.violationCount)
    }

    @Test("machines that share a state before the receiver have no windows")
    func shared() {
        var bursts = SimulationConfiguration(viewers: 2)
        bursts.network.burst = BurstLoss(share: 0.1, length: 3)
        #expect(World(bursts).wheel == nil)
        var homes = SimulationConfiguration(viewers: 2)
        homes.population[0].nat = .measured
        #expect(World(homes).wheel == nil)
        var near = SimulationConfiguration(viewers: 2)
        near.network.delaySpread = 1
        #expect(World(near).wheel == nil)
        #expect(World(SimulationConfiguration(viewers: 2)).wheel?.width == .milliseconds(10))
    }

    @Test("a wheel gives events back in their slots, however far away they are")
    func wheel() {
        var random = SeededRandom(seed: 3)
        let start = Instant.origin + .seconds(5)
        var wheel = EventWheel(width: .milliseconds(10), at: start)
        var spans: [Int] = []
        for number in 0..<2_000 {
            let span = random.below(3_000_000)
            spans.append(span)
            let event = World.Occurrence(kind: .timer, machine: 1, value: number)
            wheel.insert(event, at: start + .microseconds(span))
        }
        #expect(wheel.count == 2_000)
        #expect(wheel.ordered().map(\.time) == spans.sorted().map { start + .microseconds($0) })
        var found = 0
        while wheel.count > 0 {
            var batch: [EventWheel.Entry] = []
            let end = wheel.slotEnd
            let middle = end - .milliseconds(4)
            wheel.take(before: middle, into: &batch)
            #expect(batch.allSatisfy { $0.time < middle && $0.time >= end - .milliseconds(10) })
            found += batch.count
            batch = []
            wheel.take(before: end, into: &batch)
            #expect(batch.allSatisfy { $0.time < end && $0.time >= middle })
            found += batch.count
            wheel.moveOn()
        }
        #expect(found == 2_000)
    }
}

@Suite("NumberTable")
struct NumberTableTests {
    @Test("keeps what a dictionary would, of any numbers")
    func model() {
        var random = SeededRandom(seed: 9)
        var table = NumberTable(empty: -1)
        var model: [Int: Int] = [:]
        #expect(table[0] == -1)
        for _ in 0..<5_000 {
            let key = random.below(700) << random.below(40)
            table[key] = random.below(1_000)
            model[key] = table[key]
        }
        #expect(table.count == model.count)
        #expect(model.allSatisfy { table[$0.key] == $0.value })
        #expect(table[1 << 60] == -1)
    }
}
