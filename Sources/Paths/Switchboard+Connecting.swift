public import Basics
import Secrecy
public import Wire

extension Switchboard {
    /// Begins a handshake with a remote whose key is known; harmless when one is under way or done.
    ///
    /// - Returns: the remote's slot, or nil when the table is full.
    @discardableResult
    public mutating func connect(
        to key: [UInt8],
        _ service: Envelope.Service,
        via endpoint: Endpoint,
        at now: Instant,
        out: inout [Outgoing]
    ) -> Int? {
        guard key != configuration.identity.publicKey,
            let slot = allocate(key, endpoint, at: now)
        else { return nil }
        guard links[slot]?.current == nil else { return slot }
        // A handshake that waits for a direct answer gives way to a relay.
        let isWayNew = endpoint.isRelayed && links[slot]?.endpoint != endpoint
        guard links[slot]?.pending == nil || isWayNew else { return slot }
        links[slot]?.farService = service
        links[slot]?.endpoint = endpoint
        begin(slot, at: now, out: &out)
        return slot
    }

    /// Repeats initiations, gives hopeless ones up, renews old sessions and forgets dead ones.
    public mutating func advance(
        to now: Instant,
        into events: inout [Event],
        out: inout [Outgoing]
    ) {
        guard careAt <= now else { return }
        for slot in links.indices {
            guard let link = links[slot] else { continue }
            care(for: link, at: now, into: &events, out: &out)
        }
        careAt = now + Switchboard.careInterval
        for case .some(let link) in links { careAt = min(careAt, link.careAt) }
    }

    /// However long everything keeps, links are looked at this often.
    private static let careInterval = TimeSpan.seconds(1)

    private mutating func care(
        for link: Link,
        at now: Instant,
        into events: inout [Event],
        out: inout [Outgoing]
    ) {
        if let retryAt = link.retryAt, retryAt <= now {
            retryHandshake(link.slot, at: now, into: &events, out: &out)
        } else if link.pending == nil, let session = link.current {
            if session.isExpired(at: now) {
                events.append(.failed(link.slot, link.remote))
                drop(link.slot)
            } else if session.needsRekey(at: now) {
                begin(link.slot, at: now, out: &out)
            }
        } else if link.current == nil, link.pending == nil,
            now - link.receivedAt > Switchboard.unusedMax
        {
            drop(link.slot)
        }
    }

    /// A session that the remote opened but never used goes after this time.
    static let unusedMax = TimeSpan.seconds(10)

    /// When `advance` has something to do next.
    ///
    /// O(links): call it once per batch, not per datagram.
    public func nextDeadline(at now: Instant) -> Instant? {
        var earliest: Instant?
        for case .some(let link) in links {
            var candidate = link.retryAt
            if candidate == nil { candidate = now + .seconds(1) }
            if let candidate { earliest = min(earliest ?? candidate, candidate) }
        }
        return earliest
    }

    mutating func begin(_ slot: Int, at now: Instant, out: inout [Outgoing]) {
        guard let link = links[slot] else { return }
        let index = nextIndex(slot)
        var parameters = InitiationParameters(
            identity: configuration.identity,
            remoteKey: link.remoteKey,
            service: link.farService,
            localIndex: index
        )
        parameters.suite = configuration.suite
        parameters.prologue = prologue(for: link)
        guard let pending = Handshake.initiate(parameters, entropy: &entropy, at: now) else {
            drops.handshakes += 1
            link.pendingWay = nil
            return
        }
        out.append(Outgoing(bytes: pending.datagram, endpoint: link.pendingWay ?? link.endpoint))
        links[slot]?.pending = pending
        links[slot]?.pendingSentAt = now
        links[slot]?.attempts = 1
        links[slot]?.retryAt = now + Switchboard.retryFirst
        careAt = .origin
    }

    /// Trackers serve many channels, so that handshakes with them are not bound to one.
    private func prologue(for link: Link) -> [UInt8] {
        switch link.farService {
        case .tracker: Prologue.tracker
        case .peer: configuration.prologue
        }
    }

    private mutating func retryHandshake(
        _ slot: Int,
        at now: Instant,
        into events: inout [Event],
        out: inout [Outgoing]
    ) {
        guard let link = links[slot], link.pending != nil else { return }
        guard link.attempts < Switchboard.attemptsMax else {
            if link.current == nil {
                events.append(.failed(slot, link.remote))
                drop(slot)
            } else {
                links[slot]?.pending = nil
                links[slot]?.retryAt = nil
            }
            return
        }
        // A fresh one each time: the responder takes no timestamp twice.
        let attempts = link.attempts
        begin(slot, at: now, out: &out)
        link.attempts = attempts + 1
        link.retryAt = now + Switchboard.retryFirst * (1 << min(attempts, 6))
    }
}

/// What handshakes are bound to, so that one of another protocol, version or channel cannot pass.
public enum Prologue {
    private static let name = Array("candela".utf8) + [Envelope.version]
    /// For handshakes with a tracker.
    public static let tracker = name + Array("tracker".utf8)
    /// For handshakes between the peers of a channel.
    public static func channel(_ id: ChannelID) -> [UInt8] { name + id.bytes }
}
