import Basics
import Driving
import Secrecy
import Telemetry
import Tracking
import Wire

/// A tracker under test, driven by hand.
final class Desk {
    private(set) var now = Instant.origin + .seconds(1_000)
    var tracker: Tracker
    let identity: Identity
    private(set) var sent: [(to: Endpoint, bytes: [UInt8])] = []
    private var effects = Effects()

    init(_ configuration: TrackerConfiguration = TrackerConfiguration()) {
        var configuration = configuration
        configuration.suite = .standIn
        var entropy = Entropy(secret: [UInt8](repeating: 255, count: 32))
        identity = Identity.fresh(from: &entropy)
        tracker = Tracker(configuration, identity: identity, entropy: entropy, at: now)
    }

    /// Gives the tracker a datagram; what it sends at once.
    @discardableResult
    func put(_ bytes: [UInt8], from endpoint: Endpoint) -> [(to: Endpoint, bytes: [UInt8])] {
        sent.removeAll()
        tracker.receive(Bytes(bytes), from: endpoint, at: now, into: &effects)
        perform()
        return sent
    }

    /// Lets time pass; what the tracker sends meanwhile.
    @discardableResult
    func run(for span: TimeSpan) -> [(to: Endpoint, bytes: [UInt8])] {
        sent.removeAll()
        let end = now + span
        while let due = tracker.nextDeadline, due <= end {
            now = max(now + .microseconds(10), due)
            tracker.advance(to: now, into: &effects)
            perform()
        }
        now = max(now, end)
        return sent
    }

    /// What people see of a channel, or of the largest one.
    func snapshot(of channel: ChannelID?) -> SwarmSnapshot? {
        guard let channel else { return tracker.snapshot(at: now) }
        return tracker.snapshot(of: channel, at: now)
    }

    /// Makes the tracker say goodbye.
    func leave() -> [(to: Endpoint, bytes: [UInt8])] {
        sent.removeAll()
        tracker.leave(at: now, into: &effects)
        perform()
        return sent
    }

    private func perform() {
        for effect in effects.list {
            if case .send(let datagram, let endpoint) = effect {
                sent.append((endpoint, datagram.bytes))
            }
        }
        effects.removeAll()
    }
}

/// A peer as a tracker sees it: one session, and whatever a test makes it say.
final class Client {
    let identity: Identity
    let endpoint: Endpoint
    private var session: Session?
    private var entropy: Entropy
    /// Messages that came, oldest first.
    var inbox: [Message] = []

    init(_ number: UInt8) {
        entropy = Entropy(secret: [UInt8](repeating: number, count: 32))
        identity = Identity.fresh(from: &entropy)
        endpoint = Endpoint(ipv4: 30 << 24 | UInt32(number) << 8 | 1, port: 6_000)
    }

    var id: PeerID { identity.id }

    /// The datagram that opens a session, and what is needed to end the handshake.
    func initiation(_ desk: Desk) -> PendingInitiation? {
        var parameters = InitiationParameters(
            identity: identity,
            remoteKey: desk.identity.publicKey,
            service: .tracker,
            localIndex: 1
        )
        parameters.suite = .standIn
        parameters.prologue = Array("candela".utf8) + [Envelope.version] + Array("tracker".utf8)
        return Handshake.initiate(parameters, entropy: &entropy, at: desk.now)
    }

    /// Opens a session with the tracker.
    func connect(_ desk: Desk) {
        guard let pending = initiation(desk) else { return }
        for answer in desk.put(pending.datagram, from: endpoint) where answer.to == endpoint {
            session = try? pending.finish(Bytes(answer.bytes), at: desk.now).session
        }
    }

    /// Says something, and takes what comes back at once.
    func say(_ message: Message, to desk: Desk) {
        guard let datagram = session?.seal(message.emitted, service: .tracker) else { return }
        take(desk.put(datagram, from: endpoint), at: desk.now)
    }

    /// Takes what is for it.
    func take(_ sent: [(to: Endpoint, bytes: [UInt8])], at now: Instant) {
        for (to, bytes) in sent where to == endpoint {
            guard let content = session?.open(Bytes(bytes), at: now) else { continue }
            var reader = MessageReader(content)
            while let message = try? reader.next() { inbox.append(message) }
        }
    }

    var welcome: Welcome? {
        inbox.reduce(nil) { if case .welcome(let welcome) = $1 { welcome } else { $0 } }
    }

    var retry: Retry? {
        inbox.reduce(nil) { if case .retry(let retry) = $1 { retry } else { $0 } }
    }

    var introductions: [Introduction] {
        inbox.compactMap { if case .introduce(let one) = $0 { one } else { nil } }
    }

    /// The planned parent by stripe, from all plans that came.
    var parents: [UInt8: PeerID] {
        inbox.reduce(into: [:]) { parents, message in
            guard case .plan(let plan) = message else { return }
            for line in plan.lines { parents[line.stripe] = line.peers.first }
        }
    }
}

/// A channel and its members.
struct Channel {
    let authority: ChannelAuthority
    let id: ChannelID
    let sourceKey: [UInt8]

    init(_ number: UInt8 = 1) {
        var entropy = Entropy(secret: [UInt8](repeating: 100 + number, count: 32))
        authority = ChannelAuthority.fresh(from: &entropy)
        id = authority.channel(named: "desk")
        sourceKey = ChannelAuthority.fresh(from: &entropy).publicKey
    }

    func record(epoch: UInt32 = 1) -> ChannelRecord {
        var record = ChannelRecord(
            authorityKey: .empty,
            name: "desk",
            sourceKey: Bytes(sourceKey),
            epoch: epoch
        )
        authority.sign(&record)
        return record
    }

    func join(_ role: Role, epoch: UInt32 = 1, nat: NatOutlook? = .open) -> Message {
        var join = Join(channel: id, role: role, name: "\(role.name)", candidates: [])
        join.nat = nat
        if role == .source { join.record = record(epoch: epoch) }
        return .join(join)
    }

    /// A swarm of a source and so many viewers, planned and told.
    func gather(_ viewers: Int, at desk: Desk) -> (source: Client, viewers: [Client]) {
        let clients = (0...viewers).map { Client(UInt8($0 + 1)) }
        for (number, client) in clients.enumerated() {
            client.connect(desk)
            client.say(join(number == 0 ? .source : .viewer), to: desk)
        }
        settle(clients, desk)
        return (clients[0], Array(clients.dropFirst()))
    }

    /// Lets the tracker plan, and everybody hear of it.
    func settle(_ clients: [Client], _ desk: Desk, for span: TimeSpan = .milliseconds(100)) {
        let sent = desk.run(for: span)
        for client in clients { client.take(sent, at: desk.now) }
    }
}
