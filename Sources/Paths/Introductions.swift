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
        let token: PunchToken?
        /// When it came; nil while its peer was in touch already.
        let cameAt: Instant?
        let expiresAt: Instant
        /// Where the punches go, each target before one is tried again; none for a peer that waits.
        let targets: [Endpoint]
        /// Where the other was heard from: all further punches go there.
        var heardFrom: Endpoint?
        var sent = 0
        /// The next punch by its place in the schedule.
        var step = 0
        var nextAt: Instant

        init(_ introduction: Introduction, targets: [Endpoint], cameAt: Instant?, at now: Instant) {
            self.introduction = introduction
            self.targets = targets
            self.cameAt = cameAt
            token = PunchToken(introduction.token)
            expiresAt = now + Introductions.lifetime
            nextAt = targets.isEmpty ? .distantFuture : now
        }

        /// Goes on to the next punch of the schedule.
        func advance() {
            let start = expiresAt - Introductions.lifetime
            step += 1
            nextAt =
                step < Introductions.schedule.count
                ? start + .milliseconds(Introductions.schedule[step]) : .distantFuture
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
    private let suite: Suite
    /// Introductions refused because of their address or their number.
    public private(set) var refused = 0
    /// Introductions that were followed.
    public private(set) var taken = 0
    /// Punches sent, answers included.
    public private(set) var punchesSent = 0
    /// From introductions to the sessions that they led to, in milliseconds, the latest ones.
    public private(set) var spans = RingBuffer<Double>(capacity: 64)

    /// Makes an empty table for a peer, whose punches are protected like its sessions.
    public init(own: PeerID, suite: Suite = .noise) {
        self.own = own
        self.suite = suite
    }

    /// Takes an introduction in without sending anything, because its peer is in touch already.
    ///
    /// The peer may not hear us any more where we are now; its punches count then.
    public mutating func expect(_ introduction: Introduction, at now: Instant) {
        expire(at: now)
        guard pending.count < Introductions.pendingMax, pending[introduction.number] == nil else {
            return
        }
        let entry = Pending(introduction, targets: [], cameAt: nil, at: now)
        pending[introduction.number] = entry
        order.append(entry)
    }

    /// Takes an introduction in and sends the first punches.
    ///
    /// `observed` is where the tracker sees us; `cameAt` is when it came, if it had to wait.
    public mutating func take(
        _ introduction: Introduction,
        near observed: Endpoint?,
        cameAt: Instant? = nil,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        expire(at: now)
        var introduction = introduction
        introduction.contact.candidates.removeAll {
            $0 == observed || !$0.isPunchable(near: observed) || !mayTarget($0, at: now)
        }
        guard !introduction.contact.candidates.isEmpty, pending.count < Introductions.pendingMax,
            pending[introduction.number] == nil
        else {
            refused += 1
            return
        }
        taken += 1
        let targets = PunchTargets.of(introduction, near: observed)
        let entry = Pending(
            introduction,
            targets: targets.filter { $0.isPunchable(near: observed) },
            cameAt: cameAt ?? now,
            at: now
        )
        pending[introduction.number] = entry
        order.append(entry)
        advance(to: now, out: &out)
    }

    /// The introduction that a punch proves, once per punch; nil for a forged or stray one.
    ///
    /// The responder answers where the punch came from, so that the initiator hears it even behind a NAT
    /// whose ports nobody could foretell. Answers count as punches and are as long as what they answer.
    public mutating func accept(
        _ punch: Punch,
        from endpoint: Endpoint,
        near observed: Endpoint?,
        at now: Instant,
        out: inout [Outgoing]
    ) -> Introduction? {
        guard let known = pending[punch.introduction], now <= known.expiresAt,
            punch.sender == known.introduction.contact.id,
            endpoint.isPunchable(near: observed), let token = known.token,
            punch.isValid(under: token, suite: suite)
        else { return nil }
        known.heardFrom = endpoint
        if known.introduction.part == .responder { send(known, out: &out) }
        return known.introduction
    }

    /// Ends an introduction whose peer is in touch anyway.
    public mutating func end(_ number: UInt64) {
        remove { $0.introduction.number == number }
        schedule()
    }

    /// Ends an introduction: its session stands.
    public mutating func finish(with peer: PeerID, at now: Instant) {
        let own = order.lazy.filter { $0.introduction.contact.id == peer }
        if let cameAt = own.compactMap(\.cameAt).first {
            spans.append((now - cameAt).milliseconds)
        }
        remove { $0.introduction.contact.id == peer }
        schedule()
    }

    /// Sends the punches that are due.
    public mutating func advance(to now: Instant, out: inout [Outgoing]) {
        for entry in order {
            while entry.nextAt <= now {
                send(entry, out: &out)
                entry.advance()
            }
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

    /// Sends one punch, while the introduction has some left.
    private mutating func send(_ entry: Pending, out: inout [Outgoing]) {
        guard entry.sent < PunchPlan.punchesMax, let token = entry.token else { return }
        let planned = entry.targets.isEmpty ? nil : entry.targets[entry.sent % entry.targets.count]
        guard let target = entry.heardFrom ?? planned else { return }
        let bytes = Punch.emit(
            introduction: entry.introduction.number,
            sender: own,
            token: token,
            service: .peer,
            suite: suite
        )
        out.append(Outgoing(bytes: bytes, endpoint: target))
        entry.sent += 1
        punchesSent += 1
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
        return high >> 56 != 0xFF && !isLinkLocal && !isRelayed && !(high == 0 && low <= 1)
    }
}
