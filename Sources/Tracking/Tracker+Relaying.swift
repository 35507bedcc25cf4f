import Basics
import Chandelier
import Driving
import Paths
import Secrecy
import Wire

/// Relaying as the last resort: for members whom nobody feeds, because NATs stand between them and
/// everybody who could.
///
/// The overlay itself is the relay that comes first: who can meet any viewer with seats to spare is fed by it,
/// whatever stands between him and the source, and can trust what comes, for the source has signed it.
/// Chandelier plans pairs that can meet, and no others. Whoever lacks a parent for some stripe then, because
/// there is nobody to meet or no seat left there, is introduced to the source with tickets for a relay
/// through the tracker, until a plan has a parent for him.
extension Tracker {
    /// A member that could be reached directly has so long to get a parent.
    private static let strandedAfter = TimeSpan.milliseconds(1_200)
    /// A newcomer has so long to tell of its NAT: it learns of it as it joins, and its report may be lost once.
    fileprivate static let natPatience = TimeSpan.milliseconds(300)
    /// A relay is offered again after this time, if the first offer was lost.
    private static let relayPause = Member.answerMax
    /// What a relay may carry, in streams: the stream itself, repair and headers, and a past.
    private static let relayRateFactor = 2.0
    /// What it may carry while the stream's rate is not known.
    private static let relayRateUnknown = BitRate(bitsPerSecond: 4_000_000)

    /// Passes a datagram on, or drops and counts it.
    mutating func relay(_ datagram: Bytes, from endpoint: Endpoint, at now: Instant) {
        let links = switchboard.links
        let passed = relays.forward(
            datagram,
            isFrom: { slot in slot < links.count && links[slot]?.endpoint == endpoint },
            at: now
        )
        guard let passed, passed.slot < links.count, let target = links[passed.slot]?.endpoint
        else { return }
        outgoing.append(Outgoing(bytes: passed.bytes, endpoint: target))
    }

    /// Offers relays to the members that a plan leaves without a parent, and to those that did not reach
    /// theirs.
    mutating func relayStranded(_ plan: Plan, swarm at: Int, at now: Instant) {
        relays.expire(at: now)
        guard let source = relaySource(swarm: at),
            swarms[at].members.contains(where: { $0.nat != nil })
        else { return }
        let isSettled = !swarms[at].members.contains { $0.mayTurnOutReachable(at: now) }
        for member in swarms[at].members where member.role != .source {
            guard isStranded(member, plan, source, isSettled: isSettled, at: now) else { continue }
            introduceRelayed(member, source, swarm: at, at: now)
        }
    }

    /// The source, to which relays lead; nil where none are offered.
    private func relaySource(swarm at: Int) -> Member? {
        guard relays.isOffered else { return nil }
        return swarms[at].source.flatMap { swarms[at].member($0) }
    }

    /// Offers a relay again to a newcomer that waits: one of the two may not have heard of it.
    mutating func relayAgain(_ member: Member, swarm at: Int, at now: Instant) {
        guard let source = relaySource(swarm: at), relays.connects(member.slot, source.slot) else {
            return
        }
        introduceRelayed(member, source, swarm: at, at: now)
    }

    private func isStranded(
        _ member: Member,
        _ plan: Plan,
        _ source: Member,
        isSettled: Bool,
        at now: Instant
    ) -> Bool {
        let types = [member, source].map { $0.told(for: .relay).type }
        let strategy = NatStrategy(types[0], types[1])
        if strategy == .relay, isSettled, isLacking(member, plan) { return true }
        guard !(member.report?.hasParents ?? false) else { return false }
        // The plan was in vain: its NAT is not what it seems, or too many ports were taken meanwhile.
        let span = now - max(member.joinedAt, source.joinedAt)
        return strategy != .reversal && span > Tracker.strandedAfter
    }

    /// Whether a member has no parent in some stripe and the plan has none for it either.
    private func isLacking(_ member: Member, _ plan: Plan) -> Bool {
        guard let planned = plan.parents[member.id], !planned.isEmpty else { return true }
        let had = member.report?.parents ?? []
        return planned.indices.contains { stripe in
            let isFed = stripe < had.count && had[stripe].value != 0
            return planned[stripe].parent == nil && !isFed
        }
    }

    private mutating func introduceRelayed(
        _ child: Member,
        _ source: Member,
        swarm at: Int,
        at now: Instant
    ) {
        let rate = swarms[at].mediaRate * Tracker.relayRateFactor
        let tickets = (ticket(), ticket())
        guard outbox.hasRoom(.parent),
            swarms[at].introduce(child.id, source.id, pause: Tracker.relayPause, at: now),
            let given = relays.open(
                child.slot,
                source.slot,
                rate: rate > 0
                    ? BitRate(bitsPerSecond: Int64(min(rate, 1e9)) + 64_000)
                    : Tracker.relayRateUnknown,
                tickets: tickets,
                at: now
            )
        else { return }
        let (number, token) = nextIntroduction()
        var toChild = introduction(number, token, .initiator, of: source, to: child)
        var toSource = introduction(number, token, .responder, of: child, to: source)
        toChild.relay = given.0
        toSource.relay = given.1
        outbox.add(
            own: .init(slot: child.slot, messages: Message.introduce(toChild).emitted),
            other: .init(slot: source.slot, messages: Message.introduce(toSource).emitted),
            .parent,
            at: now
        )
    }

    private mutating func ticket() -> UInt64 {
        entropy.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
}

extension Member {
    /// Whether it has joined a moment ago and has not told of its NAT yet: it may be able to meet, and to
    /// feed, whoever seems to need a relay now.
    fileprivate func mayTurnOutReachable(at now: Instant) -> Bool {
        role == .viewer && outlook == nil && now - joinedAt < Tracker.natPatience
    }
}
