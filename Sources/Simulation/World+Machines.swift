import Basics

/// Machines come: the source's, the tracker's, and the viewers' one after the other.
extension World {
    mutating func addMachine(access: AccessLink, cap: BitRate?) -> Int {
        let index = machines.count
        // Every machine is in a network of its own: 20.0.0.0/24, 20.0.1.0/24 and so on.
        let address = 20 << 24 | UInt32(truncatingIfNeeded: index) << 8 | 1
        var plan = Machine.Plan(
            index: index,
            endpoint: Endpoint(ipv4: address, port: 5_000),
            random: random.split()
        )
        plan.access = access
        plan.uploadCap = cap
        let widest = Double(configuration.clockSkewMax.nanoseconds)
        plan.skew = TimeSpan(nanoseconds: Int64((2 * random.unit() - 1) * widest))
        let machine = Machine(plan, at: now)
        machines.append(machine)
        directory[machine.endpoint] = index
        return index
    }

    mutating func scheduleJoins(of at: Int) {
        let viewers = population[at]
        for number in 0..<viewers.count {
            let wait = number == 0 ? 0 : random.unit() * viewers.joinSpan.seconds
            heap.insert(
                Occurrence(kind: .join, machine: -1, value: at),
                at: now + viewers.joinAt + .seconds(wait)
            )
        }
    }

    /// A further class of viewers comes.
    mutating func add(_ viewers: ViewerClass) {
        population.append(viewers)
        scheduleJoins(of: population.count - 1)
    }

    mutating func join(class at: Int) {
        let viewer = population[at]
        let index = addMachine(access: viewer.access, cap: viewer.uploadCap)
        let machine = machines[index]
        machine.viewing = Viewing(joinedAt: now)
        machine.peer = cast.viewer(
            number: viewers.count,
            viewer,
            tracker: machines[trackerMachine].endpoint,
            at: machine.local(now)
        )
        viewers.append(index)
        trace.note(.join, index, size: 0, from: 0, at: now)
        rearm(index)
    }

    mutating func startTracker() {
        let machine = machines[trackerMachine]
        machine.state = .running
        machine.tracker = cast.tracker(at: machine.local(now))
        rearm(trackerMachine)
    }

    mutating func startSource() {
        let machine = machines[0]
        machine.state = .running
        machine.peer = cast.source(
            tracker: machines[trackerMachine].endpoint,
            at: machine.local(now)
        )
        rearm(0)
    }
}
