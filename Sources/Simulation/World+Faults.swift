import Basics
import Driving
import Overlay
import Wire

/// The time line: what goes wrong, and when.
extension World {
    mutating func strike(_ place: Int) {
        let fault = faults[place]
        trace.note(.fault, -1, size: place, from: 0, at: now)
        tallies.note(happening: fault.text, at: now)
        switch fault.action {
        case .crash(let victims): crash(choose(victims))
        case .leave(let victims): leave(choose(victims))
        case .restart(let victims, let wait, let within):
            restart(choose(victims), after: wait, within: within)
        case .flap(let victims, let every, let end): flap(choose(victims), every: every, until: end)
        case .join(let viewers): add(viewers)
        case .pause(let victims, let span): pause(choose(victims), for: span)
        case .loss(let share): network.loss = share
        case .network(let model): network = model
        case .access(let victims, let link):
            for index in choose(victims) {
                machines[index].access = link
                spots[index] = Spot(of: machines[index])
            }
        case .rebind(let victims): rebind(choose(victims))
        case .renumber(let victims): renumber(choose(victims))
        case .cut(let victims, let shape, let span): cut(choose(victims), shape, for: span)
        case .crashTracker:
            machines[trackerMachine].tracker = nil
            machines[trackerMachine].noteDeadline(of: .tracker)
            faultAt = now
        case .restartTracker: startTracker()
        case .restartSource(let span): restartSource(after: span)
        }
        disturbedUntil = max(disturbedUntil, now)
        adjustWindows()
    }

    /// The machines of viewers that a fault hits.
    private mutating func choose(_ victims: Fault.Victims) -> [Int] {
        var living = viewers.filter { !machines[$0].isGone }
        func part(_ share: Double) -> Int {
            min(living.count, Int((Double(living.count) * share).rounded()))
        }
        switch victims {
        case .viewers(let numbers):
            return numbers.filter(viewers.indices.contains).map { viewers[$0] }
                .filter { !machines[$0].isGone }
        case .some(let count): return draw(count, of: &living)
        case .share(let share): return draw(part(share), of: &living)
        case .busiest(let count): return busiest(count, of: living)
        case .busiestShare(let share): return busiest(part(share), of: living)
        case .network:
            guard let one = living.randomElement(using: &random) else { return [] }
            let prefix = machines[one].prefix
            return living.filter { machines[$0].prefix == prefix }
        }
    }

    private mutating func draw(_ count: Int, of living: inout [Int]) -> [Int] {
        living.shuffle(using: &random)
        return Array(living.prefix(count)).sorted()
    }

    private func busiest(_ count: Int, of living: [Int]) -> [Int] {
        let ranked = living.sorted { left, right in
            (machines[right].wireOut, left) < (machines[left].wireOut, right)
        }
        return Array(ranked.prefix(count)).sorted()
    }

    mutating func crash(_ victims: [Int]) {
        faultAt = now
        for index in victims { end(index) }
    }

    mutating func leave(_ victims: [Int]) {
        faultAt = now
        for index in victims {
            let machine = machines[index]
            machine.peer?.leave(at: machine.local(now), into: &effects)
            performEffects(of: machine)
            end(index)
        }
    }

    private mutating func restart(_ victims: [Int], after wait: TimeSpan, within: TimeSpan) {
        crash(victims)
        for index in victims {
            let extra = TimeSpan.seconds(random.unit() * within.seconds)
            heap.insert(
                Occurrence(kind: .comeBack, machine: index, value: 0),
                at: now + wait + extra
            )
            disturbedUntil = max(disturbedUntil, now + wait + extra)
        }
    }

    private mutating func flap(_ victims: [Int], every: TimeSpan, until end: TimeSpan) {
        for index in victims {
            // Each at its own point of the period.
            var at = now + TimeSpan.seconds(random.unit() * every.seconds)
            while at < World.start + end {
                heap.insert(Occurrence(kind: .flap, machine: index, value: 0), at: at)
                disturbedUntil = max(disturbedUntil, at)
                at += every
            }
        }
    }

    /// Restarts the process that runs on a machine by now.
    mutating func flap(_ index: Int) {
        var machine = machines[index]
        while let next = machine.successor { machine = machines[next] }
        crash([machine.index])
        comeBack(machine.index)
    }

    private mutating func pause(_ victims: [Int], for span: TimeSpan) {
        for index in victims where machines[index].state == .running {
            machines[index].state = .paused(until: now + span)
            heap.insert(Occurrence(kind: .resume, machine: index, value: 0), at: now + span)
        }
        disturbedUntil = max(disturbedUntil, now + span)
    }

    mutating func resume(_ index: Int) {
        let machine = machines[index]
        guard machine.state == .paused(until: now) else { return }
        machine.state = .running
        for flight in machine.takeSocket() { give(flight, to: machine) }
        wake(machine)
    }

    private mutating func cut(_ victims: [Int], _ shape: Fault.Cut, for span: TimeSpan) {
        faultAt = now
        heal()
        partition = Partition(cut: shape, since: now, bridge: victims.first)
        for index in victims { machines[index].isCutOff = true }
        partitionCount += 1
        disturbedUntil = max(disturbedUntil, now + span)
        heap.insert(
            Occurrence(kind: .heal, machine: -1, value: partitionCount),
            at: now + span
        )
    }

    /// Ends the partition.
    mutating func heal() {
        partition = nil
        for index in viewers { machines[index].isCutOff = false }
    }

    private mutating func restartSource(after span: TimeSpan) {
        faultAt = now
        machines[0].peer = nil
        machines[0].noteDeadline(of: .peer)
        disturbedUntil = max(disturbedUntil, now + span)
        heap.insert(Occurrence(kind: .restart, machine: 0, value: 0), at: now + span)
    }
}
