public import Basics
import Paths
import Secrecy
import Telemetry
import Wire

/// Meeting other peers: what is known of the own NAT, introductions, and the punches that they lead to.
extension Peer {
    /// Takes in what is known of the host's NAT by now; the tracker hears of it with the next report.
    public mutating func learn(_ outlook: NatOutlook, at now: Instant) {
        let told = outlook.ofUsedSocket
        guard told != nat else { return }
        // Others aim by it: they should know before they are introduced.
        tracker.nextReportAt = min(tracker.nextReportAt, now)
        nat = told
    }

    mutating func takeIntroduction(_ introduction: Introduction, from slot: Int, at now: Instant) {
        guard tracker.slot == slot, introduction.contact.id != id,
            !banned.contains(introduction.contact.id)
        else { return }
        if let known = switchboard.slot(of: introduction.contact.id),
            switchboard.isEstablished(known)
        {
            name(known, introduction)
            // A session in which nobody speaks may be forgotten at the other end, after a cut or a restart.
            let isHeard =
                switchboard.links[known].map { now - $0.receivedAt < .seconds(2) } ?? false
            if isHeard { return }
        }
        if introductionsKnown.count > 512 { introductionsKnown.removeAll() }
        introductionsKnown[introduction.contact.id] = introduction
        introductions.take(introduction, near: ownPlace, at: now, out: &outgoing)
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
