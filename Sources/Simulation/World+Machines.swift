import Basics
import Wire

/// Machines come and go: the source's, the tracker's, and the viewers'.
extension World {
    /// What a new machine is told.
    struct Newcomer {
        var access = AccessLink()
        var cap: BitRate?
        var seat: Machine.Seat?
        /// The machine whose network it shares.
        var neighbour: Int?
        /// The machine whose endpoint it takes over.
        var predecessor: Int?
        /// The NAT that it is behind, unless it shares that of another machine.
        var nat: NatPlan?
    }

    mutating func addMachine(_ newcomer: Newcomer) -> Int {
        let index = machines.count
        var random = random.split()
        let place = Place(&random)
        let endpoint = endpoint(of: newcomer)
        let lan = shelter(index, newcomer, outside: endpoint)
        var plan = Machine.Plan(
            index: index,
            endpoint: lan == nil || newcomer.predecessor != nil ? endpoint : endpoint.inside,
            lan: lan,
            site: newcomer.predecessor.map { machines[$0].site } ?? index,
            place: newcomer.predecessor.map { machines[$0].place } ?? place,
            random: random
        )
        plan.access = newcomer.access
        plan.uploadCap = newcomer.cap
        plan.seat = newcomer.seat
        let widest = Double(configuration.clockSkewMax.nanoseconds)
        plan.skew = TimeSpan(nanoseconds: Int64((2 * plan.random.unit() - 1) * widest))
        let machine = Machine(plan, at: now)
        machines.append(machine)
        sites.append(Int32(truncatingIfNeeded: machine.site))
        spots.append(Spot(of: machine))
        if let lan {
            lan.seat(index, at: machine.endpoint)
        } else if let number = World.number(of: machine.endpoint) {
            directory[number] = index
        }
        return index
    }

    /// Every machine is in a network of its own, 20.0.0.0/24, 20.0.1.0/24 and so on, unless it shares that
    /// of another one.
    private mutating func endpoint(of newcomer: Newcomer) -> Endpoint {
        if let predecessor = newcomer.predecessor { return machines[predecessor].endpoint }
        if let neighbour = newcomer.neighbour, let base = machines[neighbour].endpoint.ipv4 {
            hostsInNetwork += 1
            return Endpoint(ipv4: base & ~0xFF | UInt32(hostsInNetwork), port: 5_000)
        }
        hostsInNetwork = 1
        return freshNetwork()
    }

    /// The first host of a network that nobody has had.
    mutating func freshNetwork() -> Endpoint {
        networkCount += 1
        let address = 20 << 24 &+ UInt32(truncatingIfNeeded: networkCount - 1) << 8 | 1
        return Endpoint(ipv4: address, port: 5_000)
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
        var newcomer = Newcomer(access: viewer.access, cap: viewer.uploadCap)
        newcomer.seat = Machine.Seat(viewers: at, number: viewers.count)
        newcomer.nat = viewer.nat
        if viewer.perNetwork > 1, hostsInNetwork < viewer.perNetwork, let last = viewers.last,
            machines[last].seat?.viewers == at
        {
            newcomer.neighbour = last
        }
        seat(addMachine(newcomer), viewer)
    }

    /// A new process starts where one has ended.
    mutating func comeBack(_ index: Int) {
        let old = machines[index]
        guard let seat = old.seat, old.isGone, old.successor == nil else { return }
        var newcomer = Newcomer(access: old.access, cap: old.uploadCap)
        newcomer.seat = Machine.Seat(viewers: seat.viewers, number: viewers.count)
        newcomer.predecessor = index
        let next = addMachine(newcomer)
        machines[index].successor = next
        machines[next].isCutOff = old.isCutOff
        self.seat(next, population[seat.viewers])
    }

    private mutating func seat(_ index: Int, _ viewer: ViewerClass) {
        let machine = machines[index]
        machine.viewing = Viewing(joinedAt: now)
        machine.peer = cast.viewer(
            number: viewers.count,
            viewer,
            tracker: machines[trackerMachine].endpoint,
            own: machine.lan == nil ? [] : [machine.endpoint],
            awaitsNat: isAnybodyHidden,
            at: machine.local(now)
        )
        beginSurvey(of: index)
        viewers.append(index)
        trace.note(.join, index, size: 0, from: 0, at: now)
        if let patience = viewer.patience {
            heap.insert(Occurrence(kind: .impatience, machine: index, value: 0), at: now + patience)
        }
        if let churn = configuration.churn, churn.acts(at: now - World.start) {
            scheduleDeparture(of: index, churn)
        }
        machine.noteDeadline(of: .peer)
        rearm(index)
    }

    /// A viewer without a picture gives up and tries again 2 to 8 s later (SECURITY section 3, C6).
    mutating func loseTemper(_ index: Int) {
        let machine = machines[index]
        guard !machine.isGone, machine.viewing?.startedAt == nil else { return }
        tallies.givenUp += 1
        end(index)
        let wait = TimeSpan.seconds(2 + 6 * random.unit())
        heap.insert(Occurrence(kind: .comeBack, machine: index, value: 0), at: now + wait)
    }

    /// The end of a process; what its viewer saw is kept.
    mutating func end(_ index: Int) {
        let machine = machines[index]
        guard !machine.isGone else { return }
        if let row = row(of: machine) { departed.append(row) }
        machine.end()
    }

    mutating func startTracker() {
        let machine = machines[trackerMachine]
        machine.state = .running
        machine.tracker = cast.tracker(at: machine.local(now))
        machine.noteDeadline(of: .tracker)
        rearm(trackerMachine)
    }

    mutating func startSource() {
        let machine = machines[0]
        machine.state = .running
        machine.peer = cast.source(
            tracker: machines[trackerMachine].endpoint,
            at: machine.local(now)
        )
        beginSurvey(of: 0)
        machine.noteDeadline(of: .peer)
        rearm(0)
    }
}

extension Endpoint {
    /// The endpoint in a home's network that belongs to one of its /24: most homes have the same network.
    fileprivate var inside: Endpoint {
        Endpoint(ipv4: 0xC0A8_0100 | (ipv4 ?? 0) & 0xFF, port: port)
    }
}
