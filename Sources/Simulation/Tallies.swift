public import Basics
public import Telemetry

/// What is counted over a whole run.
struct Tallies {
    /// Violations of one invariant that are kept; the others are only counted.
    private static let violationsMax = 20
    /// Events that are kept.
    private static let eventsMax = 2_000

    var datagrams = 0
    /// Wire bytes on the network, those that it then lost included.
    var wireBytes = 0
    var lost = 0
    var tailDrops = 0
    /// Datagrams to machines that are gone or never were.
    var unheard = 0
    /// Datagrams that a NAT let nobody have.
    var filtered = 0
    /// Calls after which a core was due again at once.
    var immediate = 0
    /// Viewers that lost their patience.
    var givenUp = 0
    var violationCount = 0
    private(set) var violations: [Violation] = []
    /// What happened to the swarm as a whole; the first ones are kept.
    private(set) var happenings: [Happening] = []
    private(set) var events = RingBuffer<MachineEvent>(capacity: eventsMax)

    mutating func note(_ finding: Violation.Finding, machine: String?, at now: Instant) {
        violationCount += 1
        let kept = violations.count { $0.invariant == finding.invariant }
        guard kept < Tallies.violationsMax else { return }
        violations.append(
            Violation(
                invariant: finding.invariant,
                t: (now - World.start).seconds,
                machine: machine,
                text: finding.text
            )
        )
    }

    mutating func note(happening text: String, at now: Instant) {
        guard happenings.count < Tallies.eventsMax else { return }
        happenings.append(Happening(t: (now - World.start).seconds, text: text))
    }

    mutating func note(_ event: Event, machine: Int, at now: Instant) {
        events.append(MachineEvent(at: now - World.start, machine: machine, event: event))
    }
}

/// An event that a core reported.
public struct MachineEvent: Sendable {
    /// When, after the start of the run.
    public var at: TimeSpan
    /// The machine; 0 is the source's.
    public var machine: Int
    /// The event.
    public var event: Event
}
