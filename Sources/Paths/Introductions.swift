public import Basics
public import Secrecy
public import Wire

/// The introductions under way: punches to send, punches to expect.
///
/// Limits of SECURITY 2.7: per introduction at most 6 punches of at most 64 bytes within 3 s, per target
/// at most 3 introductions in 10 s, and never to an address that no peer can have.
public struct Introductions {
    /// An object, so that a look at its times copies nothing.
    private final class Pending {
        let introduction: Introduction
        let peer: PeerID
        let token: PunchToken?
        /// The punch that we send, each time the same.
        let punch: [UInt8]
        /// The punch that has proved to be the other's.
        var accepted: Punch?
        let expiresAt: Instant
        var sent = 0
        var nextAt: Instant

        init(_ introduction: Introduction, from own: PeerID, at now: Instant) {
            self.introduction = introduction
            peer = introduction.contact.id
            token = PunchToken(introduction.token)
            punch =
                token.map {
                    Punch.emit(
                        introduction: introduction.number,
                        sender: own,
                        token: $0,
                        service: .peer
                    )
                } ?? []
            expiresAt = now + Introductions.lifetime
            nextAt = now
        }
    }

    /// When the punches of an introduction go out, in milliseconds after it came: close together at
    /// first, for the sake of a fast join, then spread against bursts of loss.
    private static let schedule = [0, 40, 120, 300, 900, 2_400]
    /// A punch that comes later than this after the introduction is void.
    private static let lifetime = TimeSpan.seconds(5)
    /// At most this many introductions at a time.
    static let pendingMax = 160

    private var pending: [UInt64: Pending] = [:]
    /// The same in the order in which they came.
    private var order: [Pending] = []
    private var targets: [Endpoint: [Instant]] = [:]
    private let own: PeerID
    /// Introductions refused because of their address or their number.
    public private(set) var refused = 0

    /// Makes an empty table for a peer.
    public init(own: PeerID) { self.own = own }

    /// Takes an introduction in and sends the first punches.
    public mutating func take(
        _ introduction: Introduction,
        near observed: Endpoint?,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        expire(at: now)
        var introduction = introduction
        introduction.contact.candidates.removeAll {
            !$0.isPunchable(near: observed) || !mayTarget($0, at: now)
        }
        guard !introduction.contact.candidates.isEmpty, pending.count < Introductions.pendingMax,
            pending[introduction.number] == nil
        else {
            refused += 1
            return
        }
        let entry = Pending(introduction, from: own, at: now)
        pending[introduction.number] = entry
        order.append(entry)
        advance(to: now, out: &out)
    }

    /// The introduction that a punch proves, once per punch; nil for a forged or stray one.
    public mutating func accept(_ punch: Punch, at now: Instant) -> Introduction? {
        guard let known = pending[punch.introduction], now <= known.expiresAt,
            punch.sender == known.peer
        else { return nil }
        if known.accepted != punch {
            guard let token = known.token, punch.isValid(under: token) else { return nil }
            known.accepted = punch
        }
        return known.introduction
    }

    /// Ends an introduction: its session stands.
    public mutating func finish(with peer: PeerID) {
        remove { $0.peer == peer }
        schedule()
    }

    /// Sends the punches that are due.
    public mutating func advance(to now: Instant, out: inout [Outgoing]) {
        for entry in order {
            while entry.nextAt <= now { send(entry, out: &out) }
        }
        expire(at: now)
        schedule()
    }

    /// When the next punch is due.
    public private(set) var nextDeadline: Instant?

    private mutating func schedule() {
        var earliest = Instant.distantFuture
        for entry in order { earliest = min(earliest, entry.nextAt) }
        nextDeadline = earliest == .distantFuture ? nil : earliest
    }

    private func send(_ entry: Pending, out: inout [Outgoing]) {
        let candidates = entry.introduction.contact.candidates
        if !entry.punch.isEmpty {
            let target = candidates[entry.sent % candidates.count]
            out.append(Outgoing(bytes: entry.punch, endpoint: target))
        }
        let start = entry.expiresAt - Introductions.lifetime
        entry.sent += 1
        entry.nextAt =
            entry.sent < Introductions.schedule.count
            ? start + .milliseconds(Introductions.schedule[entry.sent]) : .distantFuture
    }

    private mutating func mayTarget(_ endpoint: Endpoint, at now: Instant) -> Bool {
        let recent = (targets[endpoint] ?? []).filter { now - $0 < .seconds(10) }
        guard recent.count < 3 else { return false }
        if targets.count > 4 * Introductions.pendingMax { targets.removeAll() }
        targets[endpoint] = recent + [now]
        return true
    }

    private mutating func expire(at now: Instant) { remove { $0.expiresAt < now } }

    private mutating func remove(where isOver: (Pending) -> Bool) {
        guard order.contains(where: isOver) else { return }
        order.removeAll { entry in
            guard isOver(entry) else { return false }
            pending[entry.introduction.number] = nil
            return true
        }
    }
}

extension Endpoint {
    /// Whether a peer may be there, so that a punch may go there (SECURITY 2.7).
    ///
    /// Loopback addresses count only for a peer that the tracker itself sees on loopback.
    func isPunchable(near observed: Endpoint?) -> Bool {
        guard port >= 1_024 else { return false }
        if isLoopback { return observed?.isLoopback ?? false }
        if let ipv4 {
            let first = ipv4 >> 24
            return first != 0 && first < 224 && ipv4 >> 16 != 0xA9FE
        }
        let isLinkLocal = high >> 54 == 0xFE80 >> 6
        return high >> 56 != 0xFF && !isLinkLocal && !(high == 0 && low <= 1)
    }
}
