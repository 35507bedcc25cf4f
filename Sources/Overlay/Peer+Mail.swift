public import Basics
import Paths
import Telemetry
import Wire

/// Sending: control messages gather per neighbour and leave at the end of the call, chunks at once.
extension Peer {
    /// Puts a control message into a neighbour's or tracker's mail.
    mutating func post(_ message: Message, to slot: Int) {
        var writer = ByteWriter()
        message.emit(into: &writer)
        guard slot < neighbours.count, neighbours[slot] != nil else {
            // A tracker: no mailbox, one message per datagram.
            send(writer.bytes, to: slot, at: calledAt)
            return
        }
        guard let neighbour = neighbours[slot] else { return }
        if neighbour.mail.count + writer.bytes.count > Envelope.messagesMax {
            flush(slot, at: calledAt)
        }
        if neighbour.mail.isEmpty {
            mailed.append(slot)
            neighbour.mail = writer.bytes
        } else {
            neighbour.mail += writer.bytes
        }
    }

    /// Sends a manifest or chunk right away, behind the mail that fits with it.
    mutating func send(
        _ messages: [UInt8],
        _ body: Bytes = .empty,
        to slot: Int,
        at now: Instant
    ) {
        guard let one = switchboard.seal(messages, body, for: slot, at: now) else { return }
        let size = one.datagram.count + Envelope.headerOverhead
        if slot < neighbours.count { neighbours[slot]?.upBytes += size }
        outgoing.append(one)
        bucket.charge(size, at: now)
        chargedInCall += size
    }

    /// Lets what a tracker beside the source has sent count against the peer's cap.
    public mutating func lendUplink(_ byteCount: Int, at now: Instant) {
        guard byteCount > 0 else { return }
        bucket.charge(byteCount, at: now)
        lentBytes += byteCount
    }

    mutating func sealMail(at now: Instant) {
        guard !mailed.isEmpty else { return }
        for slot in mailed { flush(slot, at: now) }
        mailed.removeAll(keepingCapacity: true)
    }

    private mutating func flush(_ slot: Int, at now: Instant) {
        guard let neighbour = neighbours[slot], !neighbour.mail.isEmpty else { return }
        let mail = neighbour.mail
        neighbour.mail = []
        send(mail, to: slot, at: now)
    }

    /// Tells people, logs and tests what happened.
    mutating func report(
        _ severity: Severity,
        _ kind: EventKind,
        _ text: String,
        peer: PeerID? = nil
    ) {
        reports.append(
            Event(time: calledAt, severity: severity, kind: kind, text: text, peer: peer)
        )
    }

    /// How people call a neighbour: its name, or the first digits of its identifier.
    func title(_ slot: Int) -> String {
        guard slot < neighbours.count, let neighbour = neighbours[slot] else { return "?" }
        if neighbour.role == .source { return "the source" }
        return neighbour.name.isEmpty ? "peer \(neighbour.id.short)" : neighbour.name
    }
}
