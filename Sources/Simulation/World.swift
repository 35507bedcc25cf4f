import Basics
import Driving

/// A swarm in virtual time: real `Peer` and `Tracker` cores, and a network between them.
///
/// The driver of the cores like `Transport`, without sockets: datagrams are events in queues with a
/// total order (`World+Windows`). The same configuration gives the same trace in every
/// process. It knows nothing of the protocol; what the cores want to say to each other goes
/// through `Wire`.
public struct World: ~Copyable {
    /// What happens next to which machine.
    struct Occurrence {
        enum Kind {
            /// `value` is the place in `flights`.
            case arrival
            /// The same, before the downlink.
            case reach
            /// `value` is the timer's generation.
            case timer
            case publish
            /// `value` is the place in the time line.
            case fault
            /// `value` is the viewer's class.
            case join
            case resume
            /// `value` is the partition's number.
            case heal
            case restart
            case comeBack
            case flap
            case impatience
            case beginChurn
            /// `value` is the viewer's class.
            case arrive
            case depart
            case inspect
            case sample
            /// `value` is the place in `flights`.
            case enter
            /// `value` is the step of the survey.
            case survey
            /// A host knows how long its NAT keeps mappings.
            case lifetime

            /// Whether it concerns one machine only.
            var isLocal: Bool {
                switch self {
                case .arrival, .reach, .enter, .timer, .publish: true
                case .fault, .join, .resume, .heal, .restart, .comeBack, .flap, .impatience,
                    .beginChurn, .arrive, .depart, .inspect, .sample, .survey, .lifetime:
                    false
                }
            }
        }
        let kind: Kind
        private let place: Int32
        private let number: Int32

        init(kind: Kind, machine: Int, value: Int) {
            self.kind = kind
            place = Int32(truncatingIfNeeded: machine)
            number = Int32(truncatingIfNeeded: value)
        }

        var machine: Int { Int(place) }
        var value: Int { Int(number) }
    }

    /// In which order events of different machines happen.
    enum Order {
        /// In order of time wherever one can reach another.
        case byWindows
        /// In order of time always.
        case strict
    }

    let configuration: SimulationConfiguration
    /// All machines that ever were; the source is the first.
    var machines: [Machine] = []
    /// The machines of the viewers in the order of joining.
    var viewers: [Int] = []
    var trackerMachine = 0
    /// The machines by their public endpoints; -1 for nobody.
    var directory = NumberTable(empty: -1)
    /// The local networks by the address of their NAT, with port 0.
    var lans: [Endpoint: Lan] = [:]
    /// The site of each machine.
    var sites: [Int32] = []
    /// What senders ask of a machine.
    var spots: [Spot] = []
    /// What concerns several machines, and everything where there are no windows.
    var heap = EventHeap<Occurrence>()
    /// What concerns one machine; nil where everything goes in order of time.
    var wheel: EventWheel?
    var batch = EventBatch()
    var order = Order.byWindows
    var flights = FlightTable()
    var now: Instant
    var effects = Effects()
    var trace = Trace()
    var programme: Programme
    var cast: Cast
    var population: [ViewerClass]
    var random: SeededRandom
    var network: NetworkModel
    var faults: [Fault]
    var partition: Partition?
    var partitionCount = 0
    var networkCount = 0
    var hostsInNetwork = 0
    /// Viewers that have gone, as they fared.
    var departed: [ViewerRow] = []
    var faultAt: Instant?
    /// When the last fault is over, as far as is known by now.
    var disturbedUntil: Instant
    var inspector = Inspector()
    var tallies = Tallies()
    var publishesUntil: Instant
    var timeline = Timeline()
    /// A breach of an invariant on purpose, for tests.
    var mutation: Mutation?
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
        network = configuration.network
        faults = configuration.faults
        disturbedUntil = now
        publishesUntil = now + configuration.duration
        adjustWindows()
        setStage()
    }

    private mutating func setStage() {
        var first = Newcomer(access: configuration.sourceAccess, cap: configuration.sourceCap)
        // Nobody would find a tracker behind a NAT.
        if configuration.trackerPlace == .separate { first.nat = configuration.sourceNat }
        let source = addMachine(first)
        switch configuration.trackerPlace {
        case .atSource: trackerMachine = source
        case .separate: trackerMachine = addMachine(Newcomer())
        }
        startTracker()
        startSource()
        schedule(Occurrence(kind: .publish, machine: source, value: 0), at: now)
        for at in configuration.population.indices { scheduleJoins(of: at) }
        for (at, fault) in configuration.faults.enumerated() {
            heap.insert(Occurrence(kind: .fault, machine: -1, value: at), at: now + fault.at)
        }
        if let churn = configuration.churn {
            heap.insert(
                Occurrence(kind: .beginChurn, machine: -1, value: 0),
                at: now + churn.from
            )
        }
        heap.insert(
            Occurrence(kind: .inspect, machine: -1, value: 0),
            at: now + Inspector.interval
        )
        heap.insert(
            Occurrence(kind: .sample, machine: -1, value: 0),
            at: now + Timeline.interval
        )
    }

    /// Runs to the end and tells how it went.
    public mutating func run() -> SimulationReport { run { _ in .goOn } }

    /// What whoever watches a run wants.
    public enum Wish: Sendable {
        /// To see more of it.
        case goOn
        /// A report of what has been.
        case stop
    }

    /// Runs to the end, or until it is told to stop, and tells how it went.
    ///
    /// `watch` is called every tenth of a virtual second with the part that is done, 0…1.
    public mutating func run(watch: (Double) -> Wish) -> SimulationReport {
        let end = publishesUntil + configuration.drain
        let whole = (end - World.start).seconds
        var wish = Wish.goOn
        while now < end, wish == .goOn {
            advance(to: min(end, now + .milliseconds(100)))
            wish = watch((now - World.start).seconds / whole)
        }
        inspect()
        var report = report()
        report.isInterrupted = now < end
        return report
    }

    /// The fingerprint of everything that has happened.
    public var traceHash: UInt64 { trace.hash }

    mutating func perform(_ event: Occurrence) {
        switch event.kind {
        case .arrival: arrive(event.value, at: event.machine)
        case .timer: fire(event.machine, generation: event.value)
        case .publish: publish()
        case .fault: strike(event.value)
        case .join: join(class: event.value)
        case .resume: resume(event.machine)
        case .reach: reach(event.value, at: event.machine)
        case .enter: enter(event.value, at: event.machine)
        case .survey: survey(event.machine, step: event.value)
        case .lifetime: learnLifetime(event.machine)
        case .heal: if event.value == partitionCount { heal() }
        case .restart: startSource()
        case .comeBack: comeBack(event.machine)
        case .flap: flap(event.machine)
        case .impatience: loseTemper(event.machine)
        case .beginChurn: beginChurn()
        case .arrive: arriveByChurn(class: event.value)
        case .depart: departByChurn(event.machine)
        case .inspect:
            inspect()
            heap.insert(event, at: now + inspectionInterval)
        case .sample:
            sample()
            heap.insert(event, at: now + Timeline.interval)
        }
    }
}
