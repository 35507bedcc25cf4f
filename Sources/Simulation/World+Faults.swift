import Basics
import Driving
import Overlay

/// The time line: what goes wrong, and when.
extension World {
    mutating func strike(_ place: Int) {
        let fault = configuration.faults[place]
        trace.note(.fault, -1, size: place, from: 0, at: now)
        switch fault.action {
        case .crash(let victims): crash(choose(victims))
        case .leave(let victims): leave(choose(victims))
        case .join(let viewers): add(viewers)
        case .pause(let victims, let span): pause(choose(victims), for: span)
        case .loss(let share): loss = share
        case .partition(let victims, let span): partition(choose(victims), for: span)
        case .crashTracker:
            machines[trackerMachine].tracker = nil
            faultAt = now
        case .restartTracker: startTracker()
        case .restartSource(let span): restartSource(after: span)
        }
    }

    /// The machines of viewers that a fault hits.
    private mutating func choose(_ victims: Fault.Victims) -> [Int] {
        var living = viewers.filter { !machines[$0].isGone }
        switch victims {
        case .viewers(let numbers):
            return numbers.filter(viewers.indices.contains).map { viewers[$0] }
                .filter { !machines[$0].isGone }
        case .some(let count):
            living.shuffle(using: &random)
            return Array(living.prefix(count)).sorted()
        case .busiest(let count):
            let ranked = living.sorted { left, right in
                (machines[right].wireOut, left) < (machines[left].wireOut, right)
            }
            return Array(ranked.prefix(count)).sorted()
        }
    }

    private mutating func crash(_ victims: [Int]) {
        faultAt = now
        for index in victims { machines[index].end() }
    }

    private mutating func leave(_ victims: [Int]) {
        faultAt = now
        for index in victims {
            let machine = machines[index]
            machine.peer?.leave(at: machine.local(now), into: &effects)
            performEffects(of: machine)
            machine.end()
        }
    }

    private mutating func pause(_ victims: [Int], for span: TimeSpan) {
        for index in victims where machines[index].state == .running {
            machines[index].state = .paused(until: now + span)
            heap.insert(Occurrence(kind: .resume, machine: index, value: 0), at: now + span)
        }
    }

    mutating func resume(_ index: Int) {
        let machine = machines[index]
        guard machine.state == .paused(until: now) else { return }
        machine.state = .running
        for flight in machine.takeSocket() { give(flight, to: machine) }
        wake(machine)
    }

    private mutating func partition(_ victims: [Int], for span: TimeSpan) {
        faultAt = now
        for index in victims {
            machines[index].side = 1
            heap.insert(Occurrence(kind: .heal, machine: index, value: 0), at: now + span)
        }
    }

    private mutating func restartSource(after span: TimeSpan) {
        faultAt = now
        machines[0].peer = nil
        heap.insert(Occurrence(kind: .restart, machine: 0, value: 0), at: now + span)
    }
}
