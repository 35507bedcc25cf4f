import Basics
import Wire

/// The membership: one tracker at a time, the next one when it does not answer.
///
/// ### Legal transitions:
/// - `idle -> discovering | connecting`
/// - `discovering -> connecting | idle`
/// - `connecting -> joining | idle`
/// - `joining -> joined | idle`
/// - `joined -> idle`
struct TrackerTie: Sendable {
    /// Where the membership stands.
    enum State: Sendable, Equatable {
        /// Nothing is under way before the instant.
        case idle(until: Instant)
        /// Asked for the tracker's key.
        case discovering(until: Instant)
        /// The handshake runs.
        case connecting(slot: Int)
        /// `join` was sent; repeated at the instant.
        case joining(slot: Int, retryAt: Instant)
        /// Member; the tracker last answered at the instant.
        case joined(slot: Int, answeredAt: Instant)
    }

    /// No answer to five reports means that the tracker is gone.
    var silenceMax: TimeSpan { reportInterval * 5 }
    /// No word about joining for so long means that too.
    static let joinSilenceMax = TimeSpan.seconds(10)
    /// How often a tracker is asked for its key: 0.2 + 0.2 + 0.4 + 0.4 + 0.8 s of trying.
    static let questionsMax = 5
    /// How long to wait for the answer to the next of these questions.
    var patience: TimeSpan { .milliseconds(200) * (1 << (questions / 2)) }

    let trackers: [PeerConfiguration.TrackerAddress]
    var state: State
    private(set) var index = 0
    private(set) var failures = 0
    var reportInterval = TimeSpan.seconds(1)
    var nextReportAt = Instant.origin
    /// When the tracker was last told anything.
    private var reportedAt = Instant.origin
    var joinSentAt: Instant?
    var observed: Endpoint?
    var learntKey: [UInt8]?
    /// How often this tracker was asked for its key.
    var questions = 0
    var summary: Summary?
    /// When the question was sent that the tracker has yet to answer.
    private var askedAt: Instant?
    /// The time from the last question to its answer.
    private(set) var roundTrip: TimeSpan?
    /// Seats that the swarm has beyond its need, as a share of it.
    var spare = 1.0
    /// With less to spare than this, what comes twice fills uplinks, and what waits there is asked for as well.
    ///
    /// A choice: uplinks of 1.25 times the need leave .127 as seats are counted, and choke without this
    /// (`Peer.measureRates`, `RedundancyLoop`); where more was to spare nothing choked.
    static let spareLittle = 0.15
    var planNumber: UInt32 = 0
    /// Plans that came before the welcome.
    var earlyPlans: [PlanUpdate] = []
    static let earlyPlansMax = 4
    /// What cannot wait is told this often at most by a newcomer, or by the source.
    static let urgentInterval = TimeSpan.milliseconds(300)
    /// And this often by others: all of a large swarm may have reason to at once.
    var urgentInterval: TimeSpan { min(reportInterval, reportInterval * 3 / 10) }
    /// After so many failures in a row a starving viewer is as patient as the others.
    static let urgentMax = 30
    /// The tracker's word about joining, while it does not take us in.
    var refusal: Retry.Reason?

    init(trackers: [PeerConfiguration.TrackerAddress], at now: Instant) {
        self.trackers = trackers
        state = .idle(until: now)
    }

    /// The tracker to try.
    var target: PeerConfiguration.TrackerAddress? {
        trackers.isEmpty ? nil : trackers[index % trackers.count]
    }

    /// The tracker's key, from the link or from the tracker itself.
    var key: [UInt8]? { target?.key ?? learntKey }

    /// The slot while a session with the tracker stands or is under way.
    var slot: Int? {
        switch state {
        case .idle, .discovering: nil
        case .connecting(let slot), .joining(let slot, _), .joined(let slot, _): slot
        }
    }

    /// Whether the tracker has taken us in and answers.
    var isJoined: Bool {
        switch state {
        case .joined: true
        case .idle, .discovering, .connecting, .joining: false
        }
    }

    /// The tracker does not answer: on to the next, after a pause that doubles up to 30 s.
    ///
    /// While a viewer that has played gets nothing, the pause stays short for a minute: after a cut the
    /// tracker alone can bring it back.
    mutating func fail(at now: Instant, jitter: Double, isStarving: Bool) {
        failures += 1
        index += 1
        learntKey = nil
        questions = 0
        joinSentAt = nil
        askedAt = nil
        roundTrip = nil
        planNumber = 0
        earlyPlans = []
        let isUrgent = isStarving && failures < TrackerTie.urgentMax
        let pause = isUrgent ? 0.5 : min(30, 0.5 * Double(1 << min(failures, 6)))
        state = .idle(until: now + .seconds(pause * (0.75 + 0.5 * jitter)))
    }

    /// Asks the tracker for the channel's record again: the source seems to have started anew.
    mutating func rejoin(at now: Instant) {
        if case .joined(let slot, _) = state {
            joinSentAt = now
            state = .joining(slot: slot, retryAt: now)
        }
    }

    /// A report was sent, which is a question too; only the last one counts.
    mutating func ask(at now: Instant) {
        askedAt = now
        reportedAt = now
    }

    /// Something has changed that the tracker should know before the next regular report.
    mutating func reportSoon(at now: Instant) {
        let earliest = max(now, reportedAt + urgentInterval)
        nextReportAt = min(nextReportAt, earliest)
    }

    /// The tracker has answered.
    mutating func hear(at now: Instant) {
        if let askedAt { roundTrip = now - askedAt }
        askedAt = nil
    }

    mutating func succeed() {
        failures = 0
        refusal = nil
    }
}
