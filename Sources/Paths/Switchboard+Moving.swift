public import Basics
import Secrecy
public import Wire

/// A remote whose address changes, because its NAT has forgotten it or it has another network.
///
/// Its authentic datagrams come from elsewhere then. A sender's address can be forged by whoever sees
/// datagrams pass, so the new place is asked for an answer to a number that nobody can guess, and until
/// that comes everything goes where it went before (as RFC 9000 section 9.3).
extension Switchboard {
    /// A question to the same place is repeated after this time.
    private static let moveRetry = TimeSpan.milliseconds(100)
    /// Numbers of questions lie above all times that a clock shows, so that no answer to them is taken for
    /// a measurement.
    private static let nonceLeast: UInt64 = 1 << 62

    /// Whether a probe asks for a sign of life from a new place: whoever gets it seems to have moved.
    public static func asksAboutMove(_ probe: Probe) -> Bool {
        probe.sentAt.nanoseconds >= Int64(nonceLeast)
    }

    /// Tries whether a remote answers at an endpoint other than where it is reached, and lets it move there
    /// if it does.
    public mutating func look(
        for slot: Int,
        at endpoint: Endpoint,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        guard slot < links.count, let link = links[slot], link.endpoint != endpoint else { return }
        ask(endpoint, of: link, at: now, out: &out)
    }

    /// Begins a new session with a remote that may have lost the present one, at a place where it was heard.
    ///
    /// The present session serves until the new one stands.
    public mutating func renew(
        _ slot: Int,
        via endpoint: Endpoint,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        guard slot < links.count, let link = links[slot], link.current != nil, link.pending == nil
        else { return }
        link.pendingWay = endpoint
        begin(slot, at: now, out: &out)
    }

    /// Asks a new place of a remote for a sign of life.
    mutating func ask(
        _ endpoint: Endpoint,
        of link: Link,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        if let move = link.move, now - move.askedAt < Switchboard.moveRetry { return }
        let bits = entropy.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let nonce = Int64(bits >> 2 | Switchboard.nonceLeast)
        let question = Message.probe(Probe(sentAt: Instant(nanoseconds: nonce)))
        guard let bytes = link.current?.seal(question.emitted, .empty, service: link.farService)
        else { return }
        link.move = Link.Move(endpoint: endpoint, nonce: nonce, askedAt: now)
        link.sentAt = now
        out.append(Outgoing(bytes: bytes, endpoint: endpoint))
    }

    /// Moves a link if a datagram is the answer to the question.
    func settleMove(
        of link: Link,
        _ messages: Bytes,
        from endpoint: Endpoint,
        into events: inout [Event]
    ) {
        guard let move = link.move, move.endpoint == endpoint else { return }
        var reader = MessageReader(messages)
        while let message = try? reader.next() {
            guard case .echo(let echo) = message, echo.probeSentAt.nanoseconds == move.nonce else {
                continue
            }
            link.move = nil
            link.endpoint = endpoint
            return events.append(.moved(link.slot))
        }
    }
}
