public import Basics
import Paths
import Telemetry
import Wire

/// Admission: a crowd is taken in as fast as the tracker can introduce it and the swarm can feed it.
///
/// Taken in all at once, 500 newcomers a second took more of the source's uplink in answers, plans and
/// introductions than it has; nobody was introduced any more, nobody played, and all went on asking (measured with
/// 3,000 and 10,000 viewers). In line each costs a handshake and two small datagrams every few seconds.
extension Tracker {
    /// What a newcomer costs of the uplink: the welcome, its plan, the introductions to and of its parents, and
    /// the answers to its first reports, in wire bytes.
    ///
    /// An estimate from what a tracker sent in a crowd; where it is too low, introductions wait, and
    /// `introductionsMax` holds the line up.
    private static let newcomerBytes = 2_000
    /// Whoever was taken in for so long feeds others or never will.
    private static let feedingMax = TimeSpan.seconds(5)
    /// Newcomers that nobody feeds yet may be so many, however small the swarm.
    private static let unfedLeast = 64
    /// The largest share of the fed viewers that they may be, for they take seats before they bring any.
    ///
    /// Measured with 3,000 who come within 6 s: a fifth is hardly gentler to those who play, and lets the last in later
    /// (.75 of all chunks in time rather than .86).
    private static let unfedShare = 0.5
    /// Nobody is taken in while so many introductions to parents wait.
    private static let introductionsMax = 512
    /// How often it is looked at whether somebody may be taken in.
    private static let admissionInterval = TimeSpan.milliseconds(20)
    /// From so many on people are told of the line.
    private static let lineTold = 16

    /// Whether a viewer that is no member yet has to get in line.
    mutating func mustLineUp(_ link: Link, swarm at: Int, at now: Instant) -> Bool {
        guard swarms[at].member(link.remote) == nil else { return false }
        return !swarms[at].line.isEmpty || !mayAdmit(swarm: at, at: now)
    }

    /// Counts a newcomer's cost against the next one's.
    mutating func payForNewcomer(at now: Instant) {
        admissions.charge(Tracker.newcomerBytes, at: now)
    }

    private mutating func mayAdmit(swarm at: Int, at now: Instant) -> Bool {
        let unfed = swarms[at].countUnfed(within: Tracker.feedingMax, at: now)
        if unfed < Tracker.unfedLeast { return true }
        let fed = Double(swarms[at].viewerCount - unfed)
        return Double(unfed) < Tracker.unfedShare * fed && admissions.readyAt(now) <= now
            && outbox.parentCount < Tracker.introductionsMax
    }

    /// Puts a viewer in line, or notes that it waits still, and tells it when to ask again.
    mutating func lineUp(_ join: Join, _ link: Link, swarm at: Int, at now: Instant) {
        let need = swarms[at].mediaRate * Tracker.wireFactor
        let isHelper = join.uploadCap.map { Double($0) * 1_000 >= need } ?? true
        let waiter = WaitingLine.Waiter(slot: link.slot, id: link.remote, join: join, askedAt: now)
        let before = swarms[at].line.add(waiter, isHelper: isHelper)
        let rate = Double(admissions.rate?.bitsPerSecond ?? 0) / 8 / Double(Tracker.newcomerBytes)
        let span = TimeSpan.seconds(Double(before ?? 0) / max(1, rate))
        let after =
            before == nil ? WaitingLine.retryMax : max(.seconds(1), min(WaitingLine.retryMax, span))
        send(.retry(Retry(reason: .busy, after: UInt32(after.milliseconds))), to: link.slot)
        if admitAt == .distantFuture { admitAt = now + Tracker.admissionInterval }
        guard !swarms[at].isLineTold, swarms[at].line.count >= Tracker.lineTold else { return }
        swarms[at].isLineTold = true
        report(
            .info,
            .tracker,
            "many join at once: they are taken in one by one",
            peer: nil,
            swarm: at
        )
    }

    /// Takes in who waits, as far as it may.
    mutating func admitWaiting(at now: Instant) {
        admitAt = .distantFuture
        for at in swarms.indices where !swarms[at].line.isEmpty {
            while mayAdmit(swarm: at, at: now), let waiter = swarms[at].line.removeFirst(at: now) {
                guard let link = switchboard.links[waiter.slot], link.remote == waiter.id else {
                    continue
                }
                takeIn(waiter.join, link, swarm: at, at: now)
            }
            guard swarms[at].line.isEmpty else {
                admitAt = now + Tracker.admissionInterval
                continue
            }
            guard swarms[at].isLineTold else { continue }
            swarms[at].isLineTold = false
            report(.info, .tracker, "nobody waits to be taken in any more", peer: nil, swarm: at)
        }
    }

    /// Somebody has gone, perhaps out of the line.
    mutating func leaveLine(_ id: PeerID) {
        for at in swarms.indices { swarms[at].line.remove(id) }
    }

    /// Whether a viewer waits to be taken in.
    public func isInLine(_ id: PeerID) -> Bool { swarms.contains { $0.line.holds(id) } }
}
