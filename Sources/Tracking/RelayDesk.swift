import Basics
import Paths
import Wire

/// Passes datagrams on between members that have no other way to each other.
///
/// Nothing is read or changed: what passes is sealed between the two. Each of a pair has a ticket that
/// nobody else knows, and only what comes from the very address of its session with the tracker goes on,
/// to the address of the other's session. A relay gives no more bytes than it takes; its rate is
/// capped, and that of all relays together.
struct RelayDesk: Sendable {
    private struct Side: Sendable {
        var ticket: UInt64
        /// The member's slot in the tracker's switchboard.
        var slot: Int
    }

    private struct Relay: Sendable {
        var sides: [Side]
        var bucket: UploadBucket
        var usedAt: Instant
    }

    /// The most pairs at a time.
    static let relaysMax = 256
    /// A relay that nobody uses goes after this time; peers in touch send something every 4 s.
    static let idleMax = TimeSpan.seconds(30)
    /// So much time of its rate may pass through a relay at once: whoever begins to play gets the past since a
    /// key frame at several times the stream's rate.
    private static let burst = TimeSpan.seconds(2)
    /// A relay is in use while something has passed in this time.
    private static let useSpan = TimeSpan.seconds(10)

    private var relays: [Relay] = []
    /// Where a ticket's relay is, and which side has it.
    private var index: [UInt64: (relay: Int, side: Int)] = [:]
    private var bucket: UploadBucket
    private let isOpen: Bool
    /// What has passed.
    private(set) var datagrams = 0
    /// Bytes that have passed, headers included.
    private(set) var bytes = 0
    /// What was dropped because a cap was reached.
    private(set) var overCap = 0
    /// What came with a ticket that is not known, or from elsewhere than its owner.
    private(set) var refused = 0

    init(cap: BitRate, at now: Instant) {
        bucket = UploadBucket(rate: cap, at: now)
        isOpen = cap.bitsPerSecond > 0
    }

    /// Whether it may pass anything on at all.
    var isOffered: Bool { isOpen }

    /// Whether no pair meets through it.
    var isEmpty: Bool { relays.isEmpty }

    /// How many pairs use it now.
    func inUse(at now: Instant) -> Int {
        relays.count { now - $0.usedAt < RelayDesk.useSpan }
    }

    /// Whether a member is fed or feeds through it.
    func serves(_ slot: Int, at now: Instant) -> Bool {
        relays.contains { relay in
            now - relay.usedAt < RelayDesk.useSpan && relay.sides.contains { $0.slot == slot }
        }
    }

    /// Whether a pair meets through it.
    func connects(_ one: Int, _ other: Int) -> Bool { position(one, other) != nil }

    private func position(_ one: Int, _ other: Int) -> Int? {
        relays.firstIndex { relay in
            relay.sides.contains { $0.slot == one } && relay.sides.contains { $0.slot == other }
        }
    }

    /// Opens a relay between two members, or tells the tickets of the one that there is.
    ///
    /// - Returns: a ticket for each; nil when there are too many.
    mutating func open(
        _ one: Int,
        _ other: Int,
        rate: BitRate,
        tickets: (UInt64, UInt64),
        at now: Instant
    ) -> (UInt64, UInt64)? {
        if let known = position(one, other) {
            relays[known].usedAt = now
            let sides = relays[known].sides
            return sides[0].slot == one
                ? (sides[0].ticket, sides[1].ticket) : (sides[1].ticket, sides[0].ticket)
        }
        guard isOpen, relays.count < RelayDesk.relaysMax, tickets.0 != tickets.1,
            tickets.0 != 0, tickets.1 != 0, index[tickets.0] == nil, index[tickets.1] == nil
        else { return nil }
        let sides = [Side(ticket: tickets.0, slot: one), Side(ticket: tickets.1, slot: other)]
        let own = UploadBucket(rate: rate, holding: RelayDesk.burst, at: now)
        relays.append(Relay(sides: sides, bucket: own, usedAt: now))
        reindex()
        return tickets
    }

    /// Passes a datagram on: the other's slot and what it gets; nil when it is dropped.
    mutating func forward(
        _ datagram: Bytes,
        isFrom: (Int) -> Bool,
        at now: Instant
    ) -> (slot: Int, bytes: [UInt8])? {
        guard let relayed = Relayed(parsing: datagram), let place = index[relayed.ticket],
            isFrom(relays[place.relay].sides[place.side].slot)
        else {
            refused += 1
            return nil
        }
        guard bucket.readyAt(now) <= now, relays[place.relay].bucket.readyAt(now) <= now else {
            overCap += 1
            return nil
        }
        let size = datagram.count + Envelope.headerOverhead
        bucket.charge(size, at: now)
        relays[place.relay].bucket.charge(size, at: now)
        relays[place.relay].usedAt = now
        datagrams += 1
        bytes += size
        let other = relays[place.relay].sides[1 - place.side]
        let wrapped = Relayed.wrap(relayed.datagram.storageSlice, ticket: other.ticket, for: .peer)
        return (other.slot, wrapped)
    }

    /// Ends the relays of a member that is gone.
    mutating func drop(_ slot: Int) {
        relays.removeAll { relay in relay.sides.contains { $0.slot == slot } }
        reindex()
    }

    /// Ends the relays that nobody uses.
    mutating func expire(at now: Instant) {
        guard relays.contains(where: { now - $0.usedAt > RelayDesk.idleMax }) else { return }
        relays.removeAll { now - $0.usedAt > RelayDesk.idleMax }
        reindex()
    }

    private mutating func reindex() {
        index.removeAll(keepingCapacity: true)
        for (number, relay) in relays.enumerated() {
            for (side, one) in relay.sides.enumerated() { index[one.ticket] = (number, side) }
        }
    }
}
