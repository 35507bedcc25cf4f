import Basics
import Driving
import Wire

/// What the cores ask for: datagrams go through the network, deliveries to those who compare them.
extension World {
    /// Does what a core asked for, then sets the machine's timer.
    ///
    /// A tracker at the source's endpoint does not count against the source's cap.
    mutating func performEffects(
        of machine: Machine,
        by core: Envelope.Service = .peer,
        isLast: Bool = true
    ) {
        if let mutation { mutation.distort(&effects, of: machine, at: now) }
        if effects.list.count > Inspector.effectsMax {
            let finding = Violation.Finding(4, "\(effects.list.count) effects of one call")
            note(finding, at: machine.index)
        }
        for at in effects.list.indices {
            switch effects.list[at] {
            case .send(let datagram, let endpoint):
                send(datagram, from: machine, to: endpoint)
                guard core == .peer else { continue }
                machine.count(sent: datagram.count + Envelope.headerOverhead, at: now)
            case .deliver(let delivery): deliver(delivery, at: machine)
            case .report(let event): tallies.note(event, machine: machine.index, at: now)
            }
        }
        effects.removeAll()
        machine.noteDeadline(of: core)
        if isLast { rearm(machine.index) }
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
        machine.timersWaiting += 1
        schedule(
            Occurrence(kind: .timer, machine: index, value: Int(generation)),
            at: due
        )
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
        if let lag = machine.viewing?.lag { timeline.note(lag: lag) }
    }

    mutating func note(_ finding: Violation.Finding, at index: Int?) {
        var name: String?
        if let index { name = title(index) }
        tallies.note(finding, machine: name, at: now)
    }

    /// What people call a machine.
    func title(_ index: Int) -> String {
        if index == 0 { return "source" }
        if let seat = machines[index].seat { return "viewer-\(seat.number)" }
        return "tracker"
    }
}
