import Basics
import Paths
import Telemetry
import Wire

/// What bounds introductions by neighbours.
struct MutualMeeting: Sendable {
    /// When we last asked, and when to ask next.
    var askedAt = Instant.origin
    var nextAskAt = Instant.origin
    /// Since when no tracker answers; nil while one does.
    var aloneSince: Instant?
    /// When a neighbour was last asked to feed a stripe that the source feeds beyond its share.
    var relievedAt = Instant.origin
    /// When introductions by neighbours came lately that we had not asked for.
    private var unasked: [Instant] = []
    /// When we introduced pairs lately.
    private var made: [Instant] = []

    /// Within this time so many introductions are taken that we did not ask for, and made.
    private static let span = TimeSpan.seconds(10)
    private static let (unaskedMax, madeMax) = (6, 12)
    /// A tracker that is silent for a moment is not gone: the tie itself waits 5 s, then this long.
    private static let patience = TimeSpan.seconds(1)
    private static let reliefInterval = TimeSpan.milliseconds(500)

    /// Whether peers have to help themselves.
    func isAlone(at now: Instant) -> Bool {
        aloneSince.map { now - $0 >= MutualMeeting.patience } ?? false
    }

    /// Whether another parent may be asked for a stripe that has one.
    func mayRelieve(at now: Instant) -> Bool {
        isAlone(at: now) && now - relievedAt >= MutualMeeting.reliefInterval
    }

    /// Whether one more may be taken that we did not ask for; it counts.
    mutating func takeUnasked(at now: Instant) -> Bool {
        MutualMeeting.note(&unasked, most: MutualMeeting.unaskedMax, at: now)
    }

    /// Whether one more pair may be introduced; it counts.
    mutating func make(at now: Instant) -> Bool {
        MutualMeeting.note(&made, most: MutualMeeting.madeMax, at: now)
    }

    private static func note(_ times: inout [Instant], most: Int, at now: Instant) -> Bool {
        times.removeAll { now - $0 > span }
        guard times.count < most else { return false }
        times.append(now)
        return true
    }
}

/// Introductions by a mutual neighbour, while no tracker answers (DESIGN section 5).
///
/// Who lacks a parent or is in touch with few asks a neighbour; that one mints a token and tells both of a
/// pair where it sees the other, as a tracker does. The limits on punches are the same, and nobody is
/// introduced who hides its address, who is behind a relay, or who is seen on another kind of network.
extension Peer {
    private static let seekInterval = TimeSpan.seconds(2)
    /// An answer comes within this time.
    private static let seekAnswer = TimeSpan.seconds(5)
    /// With so many in touch a peer that lacks nothing asks for no more: a parent and three backups.
    private static let partnersMin = 4
    /// A question brings at most so many introductions.
    private static let perQuestion = 3
    /// Nobody learns more addresses than this from one neighbour (SECURITY 2.12).
    private static let perNeighbourMax = 20

    /// Asks a neighbour for its neighbours, if we need some and no tracker answers.
    mutating func seekPartners(at now: Instant) {
        guard !tracker.isJoined, !active.isEmpty, !isStopping else {
            mutual.aloneSince = nil
            return
        }
        mutual.aloneSince = mutual.aloneSince ?? now
        guard mutual.isAlone(at: now), mutual.nextAskAt <= now, !isSource,
            configuration.exposure == .members
        else { return }
        let isFed = feeds.indices.allSatisfy { feeds[$0].parent != nil && !leansOnSource($0) }
        guard !isFed || active.count < Peer.partnersMin else { return }
        mutual.askedAt = now
        mutual.nextAskAt = now + Peer.seekInterval
        let asked = active[random.below(active.count)]
        let known = active.compactMap { neighbours[$0]?.id }
        post(.seek(Seek(known: known)), to: asked)
    }

    /// Introduces a neighbour that asks to some that it does not know.
    mutating func takeSeek(_ question: Seek, from slot: Int, at now: Instant) {
        guard let asker = neighbours[slot], asker.isShown,
            now - asker.soughtAt >= Peer.seekInterval / 2
        else {
            counters.violations += neighbours[slot]?.isShown == true ? 1 : 0
            return
        }
        asker.soughtAt = now
        var others = active.filter { other in
            guard let neighbour = neighbours[other] else { return false }
            return other != slot && canIntroduce(slot, other)
                && !question.known.contains(neighbour.id)
        }
        for _ in 0..<Peer.perQuestion {
            guard !others.isEmpty, asker.introducedCount < Peer.perNeighbourMax,
                mutual.make(at: now)
            else { return }
            asker.introducedCount += 1
            let other = others.remove(at: random.below(others.count))
            introduce(slot, other)
        }
    }

    private func canIntroduce(_ one: Int, _ other: Int) -> Bool {
        guard neighbours[one]?.isShown == true, neighbours[other]?.isShown == true,
            let here = switchboard.links[one]?.endpoint,
            let there = switchboard.links[other]?.endpoint
        else { return false }
        return !here.isRelayed && !there.isRelayed && here.isPrivate == there.isPrivate
            && here.isLoopback == there.isLoopback
    }

    private mutating func introduce(_ asker: Int, _ other: Int) {
        let number = random.next()
        let token = switchboard.freshToken()
        for (slot, far, part) in [
            (other, asker, Introduction.Part.responder), (asker, other, .initiator),
        ] {
            guard let link = switchboard.links[far], let neighbour = neighbours[far] else {
                continue
            }
            var message = Introduction(
                number: number,
                token: token,
                part: part,
                contact: Contact(key: Bytes(link.remoteKey), candidates: [link.endpoint])
            )
            message.role = neighbour.role
            message.name = neighbour.name
            post(.introduce(message), to: slot)
        }
        counters.introduced += 1
    }

    /// Takes an introduction by a neighbour: one that we asked for, or a few that others did.
    mutating func takeMutual(_ introduction: Introduction, from slot: Int, at now: Instant) {
        let isAsked =
            introduction.part == .initiator && !tracker.isJoined
            && now - mutual.askedAt <= Peer.seekAnswer
        guard configuration.exposure == .members, introduction.relay == 0,
            introduction.contact.id != id, !banned.contains(introduction.contact.id),
            isAsked || (introduction.part == .responder && mutual.takeUnasked(at: now))
        else {
            counters.violations += 1
            return
        }
        if let known = switchboard.slot(of: introduction.contact.id),
            switchboard.isEstablished(known)
        {
            return
        }
        follow(HeldIntroduction(introduction, at: now), at: now)
    }
}
