import Basics
import Paths
import Secrecy
import Wire

/// Introductions: what both of a pair are told so that their punches meet.
extension Tracker {
    /// Tells both of a pair where the other is.
    ///
    /// The child opens the session.
    mutating func introduce(
        _ child: Member,
        _ parentID: PeerID,
        rank: Int,
        swarm at: Int,
        at now: Instant
    ) {
        let pause = pause(for: child, rank: rank, at: now)
        let urgency: Outbox.Urgency = rank == 0 ? .parent : .backup
        guard outbox.hasRoom(urgency), let parent = swarms[at].member(parentID),
            !Tracker.mustWait(child, parent),
            swarms[at].introduce(child.id, parentID, pause: pause, at: now)
        else { return }
        let (number, token) = nextIntroduction()
        var toChild = introduction(number, token, .initiator, of: parent, to: child)
        var toParent = introduction(number, token, .responder, of: child, to: parent)
        if let (one, other) = outlooks(child, parent, swarm: at) {
            (toChild.near, toChild.far) = (one, other)
            (toParent.near, toParent.far) = (other, one)
        }
        outbox.add(
            own: .init(slot: child.slot, messages: Message.introduce(toChild).emitted),
            other: .init(slot: parent.slot, messages: Message.introduce(toParent).emitted),
            urgency,
            at: now
        )
    }

    /// So long after an introduction a pair is introduced again.
    ///
    /// A parent that is not connected after this time was not reached. A backup may well be connected:
    /// reports do not tell. What waits in the outbox is not lost: to add it once more would double what
    /// a crowd waits for. Peers take at most 3 introductions to one address in 10 s.
    private func pause(for child: Member, rank: Int, at now: Instant) -> TimeSpan {
        guard rank == 0 else { return .seconds(60) }
        guard child.isWaiting(at: now), !outbox.holdsParents else { return .milliseconds(3_500) }
        return Member.answerMax
    }

    /// Introduces a newcomer that nobody feeds yet once more: what it was told may have been lost, or what
    /// its parents were told of it.
    mutating func introduceAgain(swarm at: Int, position: Int, at now: Instant) {
        let member = swarms[at].members[position]
        // In a crowd what it waits for may wait in the outbox.
        guard member.isWaiting(at: now), !outbox.holdsParents else { return }
        if now - member.toldAt > Member.answerMax {
            introduceAll(member, to: member.told, swarm: at, at: now)
        }
        relayAgain(member, swarm: at, at: now)
    }

    /// A number and a token that no other introduction has.
    mutating func nextIntroduction() -> (number: UInt64, token: Bytes) {
        introductionNumber += 1
        let number = PeerID(publicKey: entropy.bytes(8)).value ^ introductionNumber
        return (number, Bytes(entropy.bytes(Introduction.tokenSize)))
    }

    /// Whether a pair is introduced later, when the NAT of one of them is known; nobody waits for the source.
    private static func mustWait(_ one: Member, _ other: Member) -> Bool {
        guard one.role != .source, other.role != .source else { return false }
        return one.outlook?.mustWait(for: other.outlook) ?? false
            || other.outlook?.mustWait(for: one.outlook) ?? false
    }

    /// So many neighbours of a member that has moved are told where it is.
    private static let movedMax = 32

    /// A member has another address: those with whom it exchanges the stream open their NATs for it.
    mutating func moved(_ slot: Int, at now: Instant) {
        guard let (at, position) = place(of: slot), let link = switchboard.links[slot] else {
            return
        }
        swarms[at].members[position].candidates[0] = link.endpoint
        let member = swarms[at].members[position]
        swarms[at].forgetIntroductions(of: member.id)
        var told = 0
        var parents: Set<PeerID> = []
        for parent in member.report?.parents ?? [] where parents.insert(parent).inserted {
            introduce(member, parent, rank: 0, swarm: at, at: now)
        }
        for other in swarms[at].members where told < Tracker.movedMax {
            guard other.report?.parents.contains(member.id) ?? false else { continue }
            told += 1
            introduce(other, member.id, rank: 0, swarm: at, at: now)
        }
    }

    /// What both of a pair are told of their NATs, current for a pair that opens mappings now; nil when
    /// nobody has told anything.
    private mutating func outlooks(_ child: Member, _ parent: Member, swarm at: Int)
        -> (child: NatOutlook, parent: NatOutlook)?
    {
        guard child.outlook != nil || parent.outlook != nil else { return nil }
        let members = [child, parent].map { swarms[at].member($0.id) ?? $0 }
        let types = members.map { $0.told(for: .relay).type }
        let told = members.map { $0.told(for: NatStrategy(types[0], types[1])) }
        for (member, other) in [(0, 1), (1, 0)] {
            guard let position = swarms[at].position(of: members[member].id) else { continue }
            let plan = PunchPlan(
                from: .init(told[member], observed: members[member].candidates[0]),
                to: .init(told[other], observed: members[other].candidates[0])
            )
            let opened =
                switch told[member].type.mapping {
                case .endpointIndependent: 0
                case .addressDependent: 1
                case .addressAndPortDependent: max(1, plan?.targets.count ?? 1)
                }
            swarms[at].members[position].portsTaken += opened
        }
        return (told[0], told[1])
    }

    func introduction(
        _ number: UInt64,
        _ token: Bytes,
        _ part: Introduction.Part,
        of member: Member,
        to other: Member
    ) -> Introduction {
        let near = other.candidates[0]
        let isSameNetwork = near.isPrivate || near.sharesHost(with: member.candidates[0])
        let shown = member.candidates.enumerated().filter { rank, candidate in
            rank == 0 || isSameNetwork || !candidate.isPrivate
        }
        let contact = Contact(key: member.key, candidates: shown.map(\.element))
        var message = Introduction(number: number, token: token, part: part, contact: contact)
        message.role = member.role
        message.name = member.name
        return message
    }
}
