import Basics
import Testing

@testable import Simulation

@Suite("Cycles")
struct CyclesTests {
    @Test("finds every loop once and names its least member")
    func loops() {
        #expect(Cycles.find(in: [-1, 0, 1, 1]) == [])
        #expect(Cycles.find(in: [-1, 3, 1, 2, 3]) == [1])
        #expect(Cycles.find(in: [1, 0, 3, 2, 4]).sorted() == [0, 2, 4])
    }

    @Test("counts hops below the root, and none for whoever is in a loop or below one")
    func depths() {
        #expect(Cycles.depths(in: [-1, 0, 1, 1, 2], root: 0) == [0, 1, 2, 2, 3])
        #expect(Cycles.depths(in: [-1, 2, 1, 1, -1, 4], root: 0) == [0, -1, -1, -1, -1, -1])
    }
}

@Suite("Histogram")
struct HistogramTests {
    @Test("gives quantiles by nearest rank, less than 1 % above the truth")
    func quantiles() throws {
        var random = SeededRandom(seed: 5)
        var histogram = Histogram()
        var values: [Double] = []
        for _ in 0..<5_000 {
            let span = TimeSpan.microseconds(random.below(2_000_000))
            histogram.add(span)
            values.append(span.milliseconds)
        }
        values.sort()
        for part in [0.01, 0.5, 0.95, 0.99, 1] {
            let exact = values[max(0, Int((part * 5_000).rounded(.up)) - 1)]
            let found = try #require(histogram.quantile(part))
            #expect(found >= exact && found <= exact * 1.01 + 0.01, "\(part)")
        }
        #expect(Histogram().quantile(0.5) == nil)
    }

    @Test("adds up")
    func sum() {
        var (one, other) = (Histogram(), Histogram())
        one.add(.milliseconds(10))
        other.add(.milliseconds(900))
        one.add(other)
        #expect(one.count == 2 && one.quantile(1) == 900)
    }
}

@Suite("Trace")
struct TraceTests {
    @Test("depends on every part of every event and on their order")
    func sensitivity() {
        func hash(_ events: [(Trace.Kind, Int, Int, Int, Int64)]) -> UInt64 {
            var trace = Trace()
            for (kind, machine, size, from, at) in events {
                trace.note(kind, machine, size: size, from: from, at: Instant(nanoseconds: at))
            }
            return trace.hash
        }
        let base: (Trace.Kind, Int, Int, Int, Int64) = (.arrival, 3, 1_200, 5, 77)
        let others: [(Trace.Kind, Int, Int, Int, Int64)] = [
            (.timer, 3, 1_200, 5, 77), (.arrival, 4, 1_200, 5, 77), (.arrival, 3, 1_199, 5, 77),
            (.arrival, 3, 1_200, 6, 77), (.arrival, 3, 1_200, 5, 78),
        ]
        let hashes = [hash([base])] + others.map { hash([$0]) }
        #expect(Set(hashes).count == hashes.count)
        #expect(hash([base, others[0]]) != hash([others[0], base]))
        #expect(hash([]) == 0xCBF2_9CE4_8422_2325)
    }
}

@Suite("Machine")
struct MachineTests {
    private func machine(up: BitRate? = nil, cap: BitRate? = nil) -> Machine {
        var random = SeededRandom(seed: 1)
        var plan = Machine.Plan(
            index: 1,
            endpoint: Endpoint(ipv4: 1, port: 2_000),
            site: 1,
            place: Place(&random),
            random: random
        )
        plan.access.up = up
        plan.access.queue = .milliseconds(100)
        plan.uploadCap = cap
        return Machine(plan, at: .origin)
    }

    @Test("sends at its uplink's rate and drops at the tail of a full queue")
    func queue() {
        let machine = machine(up: .megabits(1))
        // 1,250 bytes take 10 ms: the queue of 100 ms holds ten behind the one under way.
        let departures = (0..<20).map { _ in machine.depart(1_250, at: .origin) }
        #expect(departures[0] == .origin + .milliseconds(10))
        #expect(departures[10] == .origin + .milliseconds(110))
        #expect(departures[11...].allSatisfy { $0 == nil })
        #expect(machine.tailDrops == 9)
        let later = Instant.origin + .seconds(1)
        #expect(machine.depart(1_250, at: later) == later + .milliseconds(10))
    }

    @Test("receives at its downlink's rate, whatever its uplink does")
    func downlink() {
        let machine = machine(up: .megabits(100))
        machine.access.down = .megabits(1)
        let arrivals = (0..<20).map { _ in machine.enter(1_250, at: .origin) }
        #expect(arrivals[10] == .origin + .milliseconds(110))
        #expect(arrivals[11...].allSatisfy { $0 == nil })
        #expect(machine.depart(1_250, at: .origin) == .origin + .microseconds(100))
    }

    @Test("has one live timer: a later one is not set, an earlier one replaces it")
    func timer() throws {
        let machine = machine()
        let first = try #require(machine.arm(at: .origin + .seconds(2)))
        #expect(machine.arm(at: .origin + .seconds(3)) == nil)
        let second = try #require(machine.arm(at: .origin + .seconds(1)))
        #expect(!machine.fire(first))
        #expect(machine.fire(second))
        #expect(machine.arm(at: .origin + .seconds(5)) != nil)
    }

    @Test("counts what goes beyond its cap")
    func cap() {
        let machine = machine(cap: .megabits(8))
        machine.count(sent: 3_000, at: .origin)
        machine.count(sent: 1_000, at: .origin + .milliseconds(1))
        machine.count(sent: 500, at: .origin + .seconds(1))
        #expect(machine.excessMax == 3_000)
    }

    @Test("keeps what arrives during a pause, as much as a socket holds")
    func socket() {
        let machine = machine()
        let datagram = Datagram(Bytes([UInt8](repeating: 0, count: 1_200)))
        let flight = Flight(datagram: datagram, from: 0, source: machine.endpoint)
        for _ in 0..<300 { machine.hold(flight) }
        #expect(machine.socketDrops == 300 - 177)
        #expect(machine.takeSocket().count == 177)
        #expect(machine.takeSocket().isEmpty)
    }
}
