import Basics
import Chandelier
import Telemetry
import Wire

/// One channel at a tracker: its record, its members, its plan.
struct Swarm: Sendable {
    let channel: ChannelID
    var record: ChannelRecord?
    var source: PeerID?
    /// In order of joining; looked up through `index`.
    var members: [Member] = []
    private var index: [PeerID: Int] = [:]
    /// Whom each member has been introduced to, and when; every pair is here twice.
    private var introduced: [PeerID: [PeerID: Instant]] = [:]
    private(set) var viewerCount = 0
    /// Viewers that wait to be taken in.
    var line = WaitingLine()
    /// Whether people have been told that viewers wait.
    var isLineTold = false
    /// Those that were taken in lately, and that nobody feeds yet as far as is known.
    private var unfed: [PeerID] = []
    /// Whether no crowd is coming: few have come lately, or wait in line (`noteForming`).
    private(set) var isFormed = false
    /// What counts as lately.
    private static let formingSpan = TimeSpan.seconds(3)
    /// Of all viewers so many may have come lately, or wait, when it has formed, and when it has not yet.
    ///
    /// With .5 and .4 a thousand viewers who came within 10 s were moved about before they were all there, and the
    /// last had their first picture after 4.3 s rather than 2.3 s; with .15 and .05 they came to rest eight seconds
    /// later (measured).
    private static let formingShares = (formed: 0.5, forming: 0.25)
    /// When many viewers have fallen silent at once.
    var silence: Silence?
    /// The largest share of missed chunks that a member reports, in 1/1,000.
    private(set) var missedMost: UInt16 = 0
    /// Seats that the members have beyond the viewers' need, in 1/1,000 of it, at the latest plan.
    var sparePermille = Int16.max
    var planNumber: UInt32 = 0
    var epochAt: Instant
    /// When the present plan was made.
    var plannedAt = Instant.origin
    let startedAt: Instant
    var events = RingBuffer<Event>(capacity: 200)
    /// Figures of viewers that have left count on in the totals.
    var mediaMeterBefore: (bytes: UInt64, at: Instant)?
    var mediaRate = 0.0

    /// A swarm is replanned this often, and at once when somebody comes or goes.
    static let epoch = TimeSpan.seconds(1)
    /// Joins of one moment are planned together.
    private static let gatherMin = TimeSpan.milliseconds(2)
    private static let gatherMax = TimeSpan.milliseconds(250)
    /// How long to wait for further joins and departures; planning takes a quarter of the time at most.
    private(set) var gatherSpan = gatherMin

    init(channel: ChannelID, at now: Instant) {
        self.channel = channel
        startedAt = now
        epochAt = now
    }

    var stripeCount: Int { Int(record?.stripeCount ?? 8) }
    func position(of peer: PeerID) -> Int? { index[peer] }
    func member(_ peer: PeerID) -> Member? { index[peer].map { members[$0] } }

    mutating func add(_ member: Member) {
        if let known = index[member.id] {
            if members[known].role == .viewer { viewerCount -= 1 }
            members[known] = member
        } else {
            index[member.id] = members.count
            members.append(member)
        }
        if member.role == .viewer {
            viewerCount += 1
            unfed.append(member.id)
        }
    }

    /// Notes whether a crowd is coming.
    mutating func noteForming(at now: Instant) {
        // Members are in order of joining.
        let fresh = members.reversed().prefix { now - $0.joinedAt <= Swarm.formingSpan }.count
        let share = isFormed ? Swarm.formingShares.formed : Swarm.formingShares.forming
        isFormed = Double(fresh + line.count) <= share * Double(members.count)
    }

    /// How many viewers were taken in during the last seconds and have not told yet that somebody feeds them.
    mutating func countUnfed(within span: TimeSpan, at now: Instant) -> Int {
        unfed = unfed.filter { id in
            guard let member = member(id), now - member.joinedAt <= span else { return false }
            return !(member.report?.hasParents ?? false)
        }
        return unfed.count
    }

    /// Takes in what a member reports.
    mutating func note(_ report: Report, at position: Int) {
        let before = members[position].report?.missedPermille
        members[position].report = report
        if report.missedPermille >= missedMost {
            missedMost = report.missedPermille
        } else if before == missedMost {
            findMissedMost()
        }
    }

    private mutating func findMissedMost() {
        missedMost = members.reduce(0) { max($0, $1.report?.missedPermille ?? 0) }
    }

    /// A plan was made, in so much time.
    mutating func planned(in span: TimeSpan) {
        gatherSpan = max(Swarm.gatherMin, min(Swarm.gatherMax, span * 3))
    }

    mutating func remove(_ peer: PeerID) {
        guard let at = index[peer] else { return }
        let member = members.remove(at: at)
        if member.role == .viewer { viewerCount -= 1 }
        if member.report?.missedPermille == missedMost { findMissedMost() }
        index[peer] = nil
        for later in at..<members.count { index[members[later].id] = later }
        forgetIntroductions(of: peer)
        if source == peer { source = nil }
    }

    /// Lets a member be introduced to everybody anew.
    mutating func forgetIntroductions(of peer: PeerID) {
        let known = introduced.removeValue(forKey: peer) ?? [:]
        for other in known.keys { introduced[other]?[peer] = nil }
    }

    /// Whether a pair should be introduced now: not yet, or so long ago that it must have failed.
    mutating func introduce(
        _ one: PeerID,
        _ other: PeerID,
        pause: TimeSpan,
        at now: Instant
    ) -> Bool {
        if let before = introduced[one]?[other], now - before < pause { return false }
        introduced[one, default: [:]][other] = now
        introduced[other, default: [:]][one] = now
        return true
    }
}
