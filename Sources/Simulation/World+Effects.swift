import Basics
import Driving
import Wire

/// What the cores ask for: datagrams go through the network, deliveries to those who compare them.
extension World {
    /// A datagram from a machine to itself takes this long.
    private static let loopbackDelay = TimeSpan.microseconds(30)

    /// Does what the cores asked for, then sets the machine's timer.
    mutating func performEffects(of machine: Machine) {
        for at in effects.list.indices {
            switch effects.list[at] {
            case .send(let bytes, let endpoint): send(bytes, from: machine, to: endpoint)
            case .deliver(let delivery): deliver(delivery, at: machine)
            case .report(let event): tallies.note(event, machine: machine.index, at: now)
            }
        }
        effects.removeAll()
        rearm(machine.index)
    }

    mutating func rearm(_ index: Int) {
        let machine = machines[index]
        guard machine.state == .running, let deadline = machine.nextDeadline else { return }
        var due = max(deadline, now)
        if deadline <= now {
            // Called just now and due again: a core that spins would stop virtual time.
            tallies.immediate += 1
            due = now + .microseconds(10)
        }
        guard let generation = machine.arm(at: due) else { return }
        heap.insert(
            Occurrence(kind: .timer, machine: index, value: Int(generation)),
            at: due
        )
    }

    private mutating func send(_ bytes: [UInt8], from machine: Machine, to endpoint: Endpoint) {
        let size = bytes.count + Envelope.headerOverhead
        tallies.datagrams += 1
        guard let target = directory[endpoint], let first = bytes.first else {
            tallies.unheard += 1
            return
        }
        machine.count(sent: size, at: now)
        if let (kind, _) = Envelope.parse(firstByte: first) {
            let rude = machine.courtesy.send(
                kind,
                size: bytes.count,
                to: target,
                isTracker: target == trackerMachine
            )
            if let rude { note(Violation.Finding(2, rude), at: machine.index) }
        }
        guard let arrival = arrival(size, from: machine, to: target) else { return }
        let place = flights.insert(Flight(datagram: Bytes(bytes), from: machine.index))
        heap.insert(Occurrence(kind: .arrival, machine: target, value: place), at: arrival)
    }

    /// When a datagram arrives; nil when the network drops it.
    private mutating func arrival(_ size: Int, from machine: Machine, to target: Int) -> Instant? {
        if target == machine.index { return now + World.loopbackDelay }
        guard let departed = machine.depart(size, at: now) else {
            tallies.tailDrops += 1
            return nil
        }
        tallies.wireBytes += size
        guard machine.side == machines[target].side,
            loss == 0 || machine.random.unit() >= loss
        else {
            tallies.lost += 1
            return nil
        }
        let jitter = machine.random.unit() * configuration.network.jitter.seconds
        return departed + delay(machine.index, target) + .seconds(jitter)
    }

    /// The one-way delay between two machines: the same both ways, drawn from the seed.
    func delay(_ one: Int, _ other: Int) -> TimeSpan {
        let network = configuration.network
        let pair = UInt64(min(one, other)) << 32 | UInt64(max(one, other))
        var random = SeededRandom(seed: configuration.seed ^ pair &* 0x9E37_79B9_7F4A_7C15)
        let factor = 1 + (2 * random.unit() - 1) * network.delaySpread
        return .seconds(max(0, network.delay.seconds * factor))
    }

    private mutating func deliver(_ delivery: Delivery, at machine: Machine) {
        trace.note(
            .delivery,
            machine.index,
            size: delivery.bytes.count,
            from: 0,
            at: now
        )
        let finding = machine.viewing?.take(delivery, of: programme, fault: faultAt, at: now)
        if let finding = finding.flatMap({ $0 }) { note(finding, at: machine.index) }
    }

    mutating func note(_ finding: Violation.Finding, at index: Int?) {
        var name: String?
        if let index { name = title(index) }
        tallies.note(finding, machine: name, at: now)
    }

    /// What people call a machine.
    func title(_ index: Int) -> String {
        if index == 0 { return "source" }
        if let number = viewers.firstIndex(of: index) { return "viewer-\(number)" }
        return "tracker"
    }
}
