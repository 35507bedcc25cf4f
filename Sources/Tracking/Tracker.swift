public import Basics
public import Driving
import Paths
public import Secrecy
import Telemetry
import Wire

/// Registers the members of swarms, introduces them to each other and assigns parents.
///
/// A core like `Peer`, with the same contract. It cannot forge: the channel's identifier is the hash of
/// its authority's key and name, so a malicious tracker can only withhold.
public struct Tracker: ~Copyable {
    let configuration: TrackerConfiguration
    var switchboard: Switchboard
    /// In order of appearance; few, so a linear search finds one.
    var swarms: [Swarm] = []
    /// Which swarm a slot belongs to, by its channel.
    var channels: [ChannelID?] = []
    var entropy: Entropy
    var introductionNumber: UInt64 = 0
    var tickAt: Instant
    var handshakeAt = Instant.distantFuture
    var wireIn = 0
    var wireOut = 0
    var refusedJoins = 0
    /// Addresses that members claimed and that nobody has seen them at.
    var claimsIgnored = 0
    var violations = 0

    var switchEvents: [Switchboard.Event] = []
    var outgoing: [Outgoing] = []
    var reports: [Event] = []
    var calledAt: Instant
    /// Introductions that wait for the uplink, and its limit.
    var outbox = Outbox()
    private var bucket: UploadBucket
    /// The part of it that is the tracker's own, whatever the source beside it does.
    private var ownBucket: UploadBucket
    private var borrowed = 0
    /// What has been charged of what this call sends.
    private var chargedInCall = 0
    /// What newcomers may cost of the uplink.
    var admissions: UploadBucket
    /// Before this nobody who waits in line is taken in.
    var admitAt = Instant.distantFuture
    /// Passes datagrams on where there is no other way.
    var relays: RelayDesk

    /// Makes a tracker without members.
    public init(
        _ configuration: TrackerConfiguration,
        identity: Identity,
        entropy: Entropy,
        at now: Instant
    ) {
        self.configuration = configuration
        var entropy = entropy
        switchboard = Switchboard(
            Switchboard.Configuration(
                identity: identity,
                suite: configuration.suite,
                service: .tracker,
                prologue: Prologue.tracker,
                linksMax: configuration.membersMax
            ),
            entropy: Entropy(secret: entropy.bytes(32))
        )
        self.entropy = entropy
        tickAt = now
        calledAt = now
        bucket = UploadBucket(rate: configuration.uploadCap, at: now)
        ownBucket = bucket
        admissions = bucket
        relays = RelayDesk(cap: configuration.relayCap, at: now)
    }

    /// The tracker's identifier.
    public var id: PeerID { switchboard.configuration.identity.id }

    /// Takes in a datagram of one run of bytes.
    public mutating func receive(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        at now: Instant,
        into effects: inout Effects
    ) {
        receive(Datagram(datagram), from: endpoint, at: now, into: &effects)
    }

    /// Takes in a datagram.
    public mutating func receive(
        _ datagram: Datagram,
        from endpoint: Endpoint,
        at now: Instant,
        into effects: inout Effects
    ) {
        begin(at: now)
        wireIn += datagram.count + Envelope.headerOverhead
        // What is to be passed on is one run of bytes always.
        if Relayed.isLikely(datagram.head) {
            relay(datagram.head, from: endpoint, at: now)
            return finish(isRelaying: true, into: &effects)
        }
        switchboard.receive(
            datagram,
            from: endpoint,
            at: now,
            into: &switchEvents,
            out: &outgoing
        )
        handleSwitchEvents(at: now)
        finish(into: &effects)
    }

    /// Does what is due.
    public mutating func advance(to now: Instant, into effects: inout Effects) {
        begin(at: now)
        if tickAt <= now { tick(at: now) }
        if admitAt <= now { admitWaiting(at: now) }
        for at in swarms.indices where swarms[at].epochAt <= now { plan(swarm: at, at: now) }
        emptyOutbox(at: now)
        finish(into: &effects)
    }

    /// When `advance` has something to do next.
    public var nextDeadline: Instant? {
        // Mutating in name: one that is only looked at would be copied to be handed over.
        mutating get {
            var next = min(tickAt, admitAt)
            for at in swarms.indices { next = min(next, swarms[at].epochAt) }
            guard !outbox.isEmpty else { return next }
            var bucket = bucket
            return min(next, bucket.readyAt(calledAt))
        }
    }

    /// Sends the introductions that wait, as far as the uplink allows.
    private mutating func emptyOutbox(at now: Instant) {
        while bucket.readyAt(now) <= now {
            let letters = outbox.removeFirst(at: now)
            guard !letters.isEmpty else { return }
            for letter in letters { seal(letter.messages, to: letter.slot) }
        }
    }

    /// Lets introductions take more of a node's cap, as long as its source leaves it.
    mutating func widenUplink(beside source: Member?, at now: Instant) {
        guard let cap = configuration.nodeCap else { return }
        let sending = BitRate(bitsPerSecond: Int64(source?.report?.upRate ?? 0) * 1_000)
        let rate = max(
            configuration.uploadCap,
            TrackerConfiguration.allowance(of: cap, sending: sending)
        )
        let before = bucket.rate?.bitsPerSecond ?? 0
        guard (rate.bitsPerSecond - before).magnitude > before.magnitude / 10 else { return }
        bucket.change(rate: rate, at: now)
        admissions.change(rate: rate, at: now)
    }

    /// Tells and forgets how many wire bytes went out beyond the tracker's own share: the source beside it
    /// waits for them (`Peer.lendUplink`).
    public mutating func takeBorrowed() -> Int {
        defer { borrowed = 0 }
        return borrowed
    }

    /// Says goodbye to all members.
    public mutating func leave(at now: Instant, into effects: inout Effects) {
        begin(at: now)
        for swarm in swarms {
            for member in swarm.members {
                send(.goodbye(Goodbye(reason: .leaving)), to: member.slot)
            }
        }
        finish(into: &effects)
    }

    private mutating func begin(at now: Instant) {
        calledAt = now
        switchEvents.removeAll(keepingCapacity: true)
        outgoing.removeAll(keepingCapacity: true)
        chargedInCall = 0
    }

    /// Hands over what is to be sent; what handshakes have added is charged now, what is relayed has a cap of its own.
    private mutating func finish(isRelaying: Bool = false, into effects: inout Effects) {
        var sent = 0
        for one in outgoing {
            sent += one.datagram.count + Envelope.headerOverhead
            effects.list.append(.send(one.datagram, to: one.endpoint))
        }
        wireOut += sent
        if !isRelaying, sent > chargedInCall { charge(sent - chargedInCall) }
        outgoing.removeAll(keepingCapacity: true)
        for event in reports { effects.list.append(.report(event)) }
        reports.removeAll(keepingCapacity: true)
    }

    private mutating func tick(at now: Instant) {
        tickAt = now + .milliseconds(200)
        switchboard.advance(to: now, into: &switchEvents, out: &outgoing)
        handleSwitchEvents(at: now)
        for at in swarms.indices {
            dropSilent(swarm: at, at: now)
            noteSilence(swarm: at, at: now)
        }
    }

    mutating func send(_ message: Message, to slot: Int) { seal(message.emitted, to: slot) }

    private mutating func seal(_ messages: [UInt8], to slot: Int) {
        guard let one = switchboard.seal(messages, for: slot, at: calledAt) else { return }
        outgoing.append(one)
        let size = one.datagram.count + Envelope.headerOverhead
        chargedInCall += size
        charge(size)
    }

    /// Charges wire bytes to the tracker's share of the uplink, and to its neighbour's what is beyond its own.
    private mutating func charge(_ size: Int) {
        bucket.charge(size, at: calledAt)
        if configuration.nodeCap != nil, ownBucket.readyAt(calledAt) > calledAt {
            borrowed += size
        } else {
            ownBucket.charge(size, at: calledAt)
        }
    }

    mutating func report(
        _ severity: Severity,
        _ kind: EventKind,
        _ text: String,
        peer: PeerID?,
        swarm at: Int
    ) {
        let event = Event(
            time: calledAt,
            severity: severity,
            kind: kind,
            text: text,
            peer: peer
        )
        swarms[at].events.append(event)
        reports.append(event)
    }
}
