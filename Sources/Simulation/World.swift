import Basics
import Driving

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
}
