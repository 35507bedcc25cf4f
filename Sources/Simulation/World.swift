import Basics
import Driving
import Overlay
import Secrecy
import Tracking
import Wire

/// A swarm in virtual time: real `Peer` and `Tracker` cores, and a network between them.
///
/// The driver of the cores like `Transport`, without sockets: datagrams are events in a queue with a
/// total order (time, then order of insertion). The same configuration gives the same trace in every
/// process. It knows nothing of the protocol; what the cores want to say to each other goes
/// through `Wire`.
public struct World: ~Copyable {
    /// What happens next to which machine.
    struct Occurrence {
        enum Kind {
            /// `value` is the place in `flights`.
            case arrival
            /// `value` is the timer's generation.
            case timer
            case publish
            /// `value` is the place in the time line.
            case fault
            /// `value` is the viewer's class.
            case join
            case resume
            case heal
            case restart
            case inspect
        }
        var kind: Kind
        var machine: Int
        var value: Int
    }

    let configuration: SimulationConfiguration
    /// All machines that ever were; the source is the first.
    var machines: [Machine] = []
    /// The machines of the viewers in the order of joining.
    var viewers: [Int] = []
    var trackerMachine = 0
    var directory: [Endpoint: Int] = [:]
    var heap = EventHeap<Occurrence>()
    var flights = FlightTable()
    var now: Instant
    var effects = Effects()
    var trace = Trace()
    var programme: Programme
    var cast: Cast
    var population: [ViewerClass]
    var random: SeededRandom
    var loss: Double
    var faultAt: Instant?
    var inspector = Inspector()
    var tallies = Tallies()
    var publishesUntil: Instant
    /// Sees every datagram that is given to a core: from, to, bytes.
    var tap: ((Int, Int, Bytes) -> Void)?

    /// Virtual time begins here, so that clocks may be slow without going below zero.
    static let start = Instant.origin + .seconds(1_000_000)
    /// The source takes in what its encoder made in this time.
    static let publishInterval = TimeSpan.milliseconds(10)
    /// A datagram from a machine to itself takes this long.
    private static let loopbackDelay = TimeSpan.microseconds(30)

    /// Sets the stage; nothing runs before `run`.
    public init(_ configuration: SimulationConfiguration) {
        self.configuration = configuration
        now = World.start
        random = SeededRandom(seed: configuration.seed)
        cast = Cast(configuration, random: &random)
        programme = Programme(
            rate: configuration.rate,
            keyFrameInterval: configuration.keyFrameInterval
        )
        population = configuration.population
        loss = configuration.network.loss
        publishesUntil = now + configuration.duration
        setStage()
    }

    private mutating func setStage() {
        let source = addMachine(access: configuration.sourceAccess, cap: configuration.sourceCap)
        switch configuration.trackerPlace {
        case .atSource: trackerMachine = source
        case .separate: trackerMachine = addMachine(access: AccessLink(), cap: nil)
        }
        startTracker()
        startSource()
        heap.insert(Occurrence(kind: .publish, machine: source, value: 0), at: now)
        for at in configuration.population.indices { scheduleJoins(of: at) }
        for (at, fault) in configuration.faults.enumerated() {
            heap.insert(Occurrence(kind: .fault, machine: -1, value: at), at: now + fault.at)
        }
        heap.insert(
            Occurrence(kind: .inspect, machine: -1, value: 0),
            at: now + Inspector.interval
        )
    }

    /// Runs to the end and tells how it went.
    public mutating func run() -> SimulationReport {
        advance(to: publishesUntil + configuration.drain)
        inspect()
        return report()
    }

    /// The fingerprint of everything that has happened.
    public var traceHash: UInt64 { trace.hash }

    /// Lets everything happen up to an instant.
    mutating func advance(to end: Instant) {
        while let next = heap.nextTime, next <= end, let (time, event) = heap.removeFirst() {
            now = time
            perform(event)
        }
        now = max(now, end)
    }

    private mutating func perform(_ event: Occurrence) {
        switch event.kind {
        case .arrival: arrive(event.value, at: event.machine)
        case .timer: fire(event.machine, generation: event.value)
        case .publish: publish()
        case .fault: strike(event.value)
        case .join: join(class: event.value)
        case .resume: resume(event.machine)
        case .heal: machines[event.machine].side = 0
        case .restart: startSource()
        case .inspect:
            inspect()
            heap.insert(event, at: now + Inspector.interval)
        }
    }

    // MARK: Machines

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

    private mutating func scheduleJoins(of at: Int) {
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

    private mutating func join(class at: Int) {
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

    // MARK: Calls into the cores

    private mutating func arrive(_ place: Int, at index: Int) {
        guard let flight = flights.remove(place) else { return }
        let machine = machines[index]
        switch machine.state {
        case .gone: tallies.unheard += 1
        case .paused: machine.hold(flight)
        case .running: give(flight, to: machine)
        }
    }

    mutating func give(_ flight: Flight, to machine: Machine) {
        let size = flight.datagram.count
        trace.note(.arrival, machine.index, size: size, from: flight.from, at: now)
        machine.wireIn += size + Envelope.headerOverhead
        tap?(flight.from, machine.index, flight.datagram)
        guard let (kind, service) = Envelope.parse(firstByte: flight.datagram[0]) else { return }
        machine.courtesy.receive(kind, size: size, from: flight.from)
        let from = machines[flight.from].endpoint
        switch service {
        case .tracker:
            machine.tracker?.receive(
                flight.datagram,
                from: from,
                at: machine.local(now),
                into: &effects
            )
        case .peer:
            machine.peer?.receive(
                flight.datagram,
                from: from,
                at: machine.local(now),
                into: &effects
            )
        }
        performEffects(of: machine)
    }

    private mutating func fire(_ index: Int, generation: Int) {
        let machine = machines[index]
        guard machine.fire(UInt32(truncatingIfNeeded: generation)), machine.state == .running
        else { return }
        wake(machine)
    }

    /// Calls the cores of a machine that are due.
    mutating func wake(_ machine: Machine) {
        let local = machine.local(now)
        if let due = machine.nextDeadline, due <= now {
            trace.note(.timer, machine.index, size: 0, from: 0, at: now)
            if machine.peer?.nextDeadline ?? .distantFuture <= local {
                machine.peer?.advance(to: local, into: &effects)
            }
            if machine.tracker?.nextDeadline ?? .distantFuture <= local {
                machine.tracker?.advance(to: local, into: &effects)
            }
        }
        performEffects(of: machine)
    }

    /// The encoder goes on while there is no source to take its packets.
    private mutating func publish() {
        let source = machines[0]
        let packets = programme.publish(upTo: now - World.start, at: now)
        if source.state == .running, source.peer != nil, !packets.isEmpty {
            trace.note(.publish, 0, size: packets.count, from: 0, at: now)
            source.peer?.publish(packets, at: source.local(now), into: &effects)
            performEffects(of: source)
        }
        guard now + World.publishInterval <= publishesUntil else { return }
        heap.insert(
            Occurrence(kind: .publish, machine: 0, value: 0),
            at: now + World.publishInterval
        )
    }

    // MARK: Effects

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
