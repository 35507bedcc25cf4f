public import Basics
import Paths
import Secrecy
import Telemetry
import Wire

/// Meeting other peers: what is known of the own NAT, introductions, and the punches that they lead to.
extension Peer {
    /// Takes in what is known of the host's NAT by now; the tracker hears of it with the next report.
    public mutating func learn(_ outlook: NatOutlook, at now: Instant) {
        var told = outlook.ofUsedSocket
        if configuration.exposure == .sourceOnly { told.traits.insert(.secluded) }
        guard told != nat else { return }
        // Others aim by it: they should know before they are introduced.
        tracker.nextReportAt = min(tracker.nextReportAt, now)
        nat = told
        if !held.isEmpty { heldUntil = now }
    }

    /// Takes in that the host's NAT keeps a mapping that nobody uses at least so long.
    ///
    /// Signs of life come in half of that time, so that one of them may get lost.
    public mutating func learn(mappingsLive span: TimeSpan, at now: Instant) {
        let before = keepAlive
        keepAlive = min(max(span / 2, Peer.keepAliveLeast), Peer.keepAliveMost)
        guard keepAlive < before else { return }
        for slot in active {
            guard let neighbour = neighbours[slot] else { continue }
            neighbour.nextProbeAt = min(neighbour.nextProbeAt, now + keepAlive)
            attendAt[slot] = min(attendAt[slot], neighbour.nextProbeAt)
        }
        report(
            .info,
            .path,
            "the NAT forgets early; neighbours hear from us every \(keepAlive.seconds) s"
        )
    }

    /// No NAT that anything works through forgets within 2 s.
    private static let keepAliveLeast = TimeSpan.seconds(1)

    /// A neighbour's NAT has given it another port, or its network another address.
    mutating func moved(_ slot: Int) {
        guard slot < neighbours.count, let neighbour = neighbours[slot],
            let place = switchboard.links[slot]?.endpoint
        else { return }
        counters.moves += 1
        report(.info, .path, "\(title(slot)) is at \(place) now", peer: neighbour.id)
    }

    mutating func takeIntroduction(_ introduction: Introduction, from slot: Int, at now: Instant) {
        guard tracker.slot == slot, introduction.contact.id != id,
            !banned.contains(introduction.contact.id)
        else { return }
        // A punch would show our address.
        if configuration.exposure == .sourceOnly, introduction.contact.id != sourceID { return }
        if let known = switchboard.slot(of: introduction.contact.id),
            switchboard.isEstablished(known)
        {
            let placeBefore = known < neighbours.count ? neighbours[known]?.place : nil
            name(known, introduction)
            // A session in which nobody speaks may be forgotten at the other end, after a cut or a restart.
            let isHeard =
                switchboard.links[known].map { now - $0.receivedAt < .seconds(2) } ?? false
            // Nor does it hear us where it is now, before both have punched.
            let place = introduction.contact.candidates.first
            let isRelayed = switchboard.links[known]?.endpoint.isRelayed ?? false
            let isShorter = isRelayed && introduction.relay == 0
            if isHeard, !isShorter, placeBefore == nil || placeBefore == place {
                return introductions.expect(introduction, at: now)
            }
        }
        if nat == nil, configuration.awaitsNat, introduction.contact.id != sourceID,
            now < startedAt + Peer.natPatience
        {
            hold(introduction, at: now)
        } else {
            follow(HeldIntroduction(introduction, at: now), at: now)
        }
    }

    /// So long introductions wait for a look at the NAT: a lost question, repeated twice.
    private static let natPatience = TimeSpan.seconds(1)
    private static let heldMax = 64

    /// Keeps an introduction while the NAT is not known: a punch in ignorance may spend a port that could
    /// be foretold.
    private mutating func hold(_ introduction: Introduction, at now: Instant) {
        guard held.count < Peer.heldMax else { return }
        held.append(HeldIntroduction(introduction, at: now))
        heldUntil = min(heldUntil, startedAt + Peer.natPatience)
    }

    /// Follows what was held.
    mutating func followHeld(at now: Instant) {
        heldUntil = .distantFuture
        let waiting = held
        held = []
        for one in waiting { follow(one, at: now) }
    }

    /// Follows an introduction, or drops it where a NAT's ports must not be spent yet: the tracker
    /// introduces anew when they are known.
    mutating func follow(_ one: HeldIntroduction, at now: Instant) {
        let introduction = one.introduction
        if introduction.contact.id != sourceID, introduction.relay == 0,
            nat?.mustWait(for: introduction.far) ?? false
        {
            return
        }
        if introductionsKnown.count > 512 { introductionsKnown.removeAll() }
        introductionsKnown[introduction.contact.id] = introduction
        if introduction.relay != 0 { return takeRelay(introduction, at: now) }
        introductions.take(
            introduction,
            near: ownPlace,
            cameAt: one.cameAt,
            at: now,
            out: &outgoing
        )
    }

    /// Reaches a peer through the tracker, because there is no other way.
    private mutating func takeRelay(_ introduction: Introduction, at now: Instant) {
        guard let server = tracker.slot.flatMap({ switchboard.links[$0]?.endpoint }) else { return }
        let place = relays.add(introduction.relay, of: server)
        guard introduction.part == .initiator else { return }
        switchboard.connect(
            to: introduction.contact.key.array,
            .peer,
            via: place,
            at: now,
            out: &outgoing
        )
    }

    /// Whether a neighbour is reached through a tracker.
    func isRelayed(_ slot: Int) -> Bool { switchboard.links[slot]?.endpoint.isRelayed ?? false }

    /// How it went so far.
    var meetings: MeetingsRow {
        var row = MeetingsRow()
        row.introductions = introductions.taken
        row.introductionsRefused = introductions.refused
        row.punches = introductions.punchesSent
        row.punchesRefused = counters.punchesRefused
        row.pathMs = Quantiles(of: introductions.spans.ordered)
        row.keepAliveS = keepAlive.seconds
        row.moves = counters.moves
        row.introduced = counters.introduced
        row.relayed = active.count { isRelayed($0) }
        row.dropped = switchboard.drops.total + counters.malformed
        row.violations = counters.violations
        return row
    }

    /// Where the tracker sees us; before the welcome, its own address tells how near it is.
    private var ownPlace: Endpoint? {
        tracker.observed ?? tracker.slot.flatMap { switchboard.links[$0]?.endpoint }
    }

    /// A genuine punch proves that the way is open: now the initiator may send the larger handshake.
    mutating func punched(_ punch: Punch, from endpoint: Endpoint, at now: Instant) {
        let introduction = introductions.accept(
            punch,
            from: endpoint,
            near: ownPlace,
            at: now,
            out: &outgoing
        )
        guard let introduction else {
            noteStray(punch)
            return
        }
        if let slot = switchboard.slot(of: introduction.contact.id),
            switchboard.isEstablished(slot)
        {
            return found(slot, endpoint, introduction, at: now)
        }
        guard introduction.part == .initiator, mayOpenSession(at: now) else { return }
        switchboard.connect(
            to: introduction.contact.key.array,
            .peer,
            via: endpoint,
            at: now,
            out: &outgoing
        )
    }

    /// Whether the uplink bears one more handshake, which is as large as a chunk.
    ///
    /// Thirty at once would fill a thin one for a second. Who is put off asks again by its next punch. A cap
    /// of 0 is for the stream: nobody could join with it otherwise.
    private mutating func mayOpenSession(at now: Instant) -> Bool {
        configuration.uploadCap?.bitsPerSecond == 0 || debt(at: now) < Peer.handshakeDebtMax
    }

    /// What the uplink may owe when it takes a handshake on: as much as its bucket holds.
    private static let handshakeDebtMax = TimeSpan.milliseconds(50)

    /// A neighbour was heard by a punch, perhaps from another place than it is reached at: it moves there
    /// once it answers.
    ///
    /// It may have given up our session meanwhile, as one that nothing came by; so a new one is offered
    /// too.
    private mutating func found(
        _ slot: Int,
        _ endpoint: Endpoint,
        _ introduction: Introduction,
        at now: Instant
    ) {
        guard let link = switchboard.links[slot] else { return }
        // It looks for us where it is: it is we who have moved, and it hears of it by what we send.
        guard link.endpoint != endpoint else { return probe(slot, at: now) }
        // Who was met through a relay alone is a stranger there: only a handshake proves the place.
        if !link.endpoint.isRelayed {
            switchboard.look(for: slot, at: endpoint, at: now, out: &outgoing)
        }
        guard introduction.part == .initiator else { return }
        // Once: whoever has seen the punch pass could send it again from elsewhere.
        introductions.end(introduction.number)
        switchboard.renew(slot, via: endpoint, at: now, out: &outgoing)
    }

    /// Counts a punch that proved nothing, unless it comes early or late: while its introduction is held, or
    /// when the session stands already.
    private mutating func noteStray(_ punch: Punch) {
        let isEarly = held.contains { $0.introduction.number == punch.introduction }
        let slot = switchboard.slot(of: punch.sender)
        if isEarly || slot.map({ switchboard.isEstablished($0) }) ?? false { return }
        counters.punchesRefused += 1
        counters.violations += 1
    }
}

/// An introduction, and when it came.
struct HeldIntroduction: Sendable {
    let introduction: Introduction
    let cameAt: Instant

    init(_ introduction: Introduction, at now: Instant) {
        self.introduction = introduction
        cameAt = now
    }
}
