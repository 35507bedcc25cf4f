public import Basics
import Wire

/// The relays that trackers have offered a peer (DESIGN section 6): how datagrams go through them.
///
/// To everything above, a peer behind a relay is at an endpoint of its own, in an address block that no
/// router forwards; only here it is turned into the tracker's address and a ticket. What passes through is
/// sealed between the two peers like everything else.
public struct RelayTickets: Sendable {
    private struct Entry: Sendable {
        var ticket: UInt64
        /// The tracker that passes on.
        var server: Endpoint
    }

    /// One neighbour each; the oldest makes room.
    private static let ticketsMax = 64
    private var entries: [Entry] = []

    /// Has none.
    public init() {}

    /// Takes an offer in.
    ///
    /// - Returns: where the peer is that is reached by it.
    @discardableResult
    public mutating func add(_ ticket: UInt64, of server: Endpoint) -> Endpoint {
        entries.removeAll { $0.ticket == ticket }
        if entries.count >= RelayTickets.ticketsMax { entries.removeFirst() }
        entries.append(Entry(ticket: ticket, server: server))
        return .relayed(by: ticket)
    }

    /// What came, and from whom; nil for what claims to come through a relay and does not.
    public func arrival(_ datagram: Datagram, from endpoint: Endpoint) -> (Datagram, Endpoint)? {
        guard !RelayTickets.isDirect(datagram, from: endpoint) else { return (datagram, endpoint) }
        guard !endpoint.isRelayed else { return nil }
        guard datagram.body.isEmpty, let relayed = Relayed(parsing: datagram.head),
            entries.contains(where: { $0.ticket == relayed.ticket && $0.server == endpoint })
        else { return nil }
        return (Datagram(relayed.datagram), .relayed(by: relayed.ticket))
    }

    /// Whether a datagram is what it seems to be, as nearly all are.
    public static func isDirect(_ datagram: Datagram, from endpoint: Endpoint) -> Bool {
        !endpoint.isRelayed && !Relayed.isLikely(datagram.head)
    }

    /// What leaves, and where to; nil for a relay that is no more.
    public func departure(_ one: Outgoing) -> Outgoing? {
        guard let ticket = one.endpoint.relayTicket else { return one }
        guard let entry = entries.first(where: { $0.ticket == ticket }) else { return nil }
        let wrapped = Relayed.wrap(one.bytes, ticket: ticket, for: .tracker)
        return Outgoing(bytes: wrapped, endpoint: entry.server)
    }
}

extension Endpoint {
    /// The block that nobody is in and no router forwards, 100::/64 (RFC 6666).
    private static let relayNetwork: UInt64 = 0x0100_0000_0000_0000

    /// The endpoint that stands for the other end of a relay.
    public static func relayed(by ticket: UInt64) -> Endpoint {
        Endpoint(high: relayNetwork, low: ticket, port: 1)
    }

    /// Whether it stands for the other end of a relay.
    @inline(__always)
    public var isRelayed: Bool { high == Endpoint.relayNetwork }

    /// The ticket of the relay that it stands for; nil for an address.
    public var relayTicket: UInt64? { isRelayed ? low : nil }
}
