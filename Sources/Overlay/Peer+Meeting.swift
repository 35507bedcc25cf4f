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
    }

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
            name(known, introduction)
            // A session in which nobody speaks may be forgotten at the other end, after a cut or a restart.
            let isHeard =
                switchboard.links[known].map { now - $0.receivedAt < .seconds(2) } ?? false
            // Nor does it hear us where it is now, before both have punched.
            let placeBefore = introductionsKnown[introduction.contact.id]?.contact.candidates.first
            let place = introduction.contact.candidates.first
            if isHeard, placeBefore == nil || placeBefore == place { return }
        }
        if introductionsKnown.count > 512 { introductionsKnown.removeAll() }
        introductionsKnown[introduction.contact.id] = introduction
        introductions.take(introduction, near: ownPlace, at: now, out: &outgoing)
    }

    /// How it went so far.
    var meetings: MeetingsRow {
        var row = MeetingsRow()
        row.introductions = introductions.taken
        row.introductionsRefused = introductions.refused
        row.punches = introductions.punchesSent
        row.punchesRefused = introductions.punchesRefused
        row.moves = counters.moves
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
            counters.violations += 1
            return
        }
        guard introduction.part == .initiator else { return }
        switchboard.connect(
            to: introduction.contact.key.array,
            .peer,
            via: endpoint,
            at: now,
            out: &outgoing
        )
    }
}
