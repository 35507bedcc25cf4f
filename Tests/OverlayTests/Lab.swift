import Basics
import Blocks
import Driving
import Paths
import Secrecy
import Telemetry
import Wire

@testable import Overlay

/// One peer under test, a puppet as its tracker and puppets around it, joined by pipes without delay.
final class Lab {
    private(set) var now = Instant.origin + .seconds(1_000)
    var peer: Peer
    let identity: Identity
    let endpoint = Endpoint(ipv4: 0x0A00_0001, port: 5_000)
    let channel: ChannelID
    let tracker: Puppet
    private(set) var puppets: [Puppet]
    /// What the peer sent, where to.
    var sent: [(to: Endpoint, bytes: [UInt8])] = []
    var deliveries: [Delivery] = []
    var events: [Event] = []

    private let authority: ChannelAuthority
    private let sourceKey: SourceKey
    private var blocker: Blocker?
    private var effects = Effects()
    private var pipe: [(from: Endpoint, to: Endpoint, bytes: [UInt8])] = []

    /// A viewer that knows its tracker's address and not its key.
    init(
        cap: BitRate? = nil,
        latency: TimeSpan = .zero,
        trackerHost: UInt32? = nil,
        exposure: PeerConfiguration.Exposure = .members
    ) throws {
        var entropy = Entropy(secret: [UInt8](repeating: 200, count: 32))
        authority = ChannelAuthority.fresh(from: &entropy)
        channel = authority.channel(named: "lab")
        guard let key = SourceKey(privateKey: entropy.bytes(32)) else { throw LabError.noKey }
        sourceKey = key
        identity = Identity.fresh(from: &entropy)
        tracker = Puppet(100, .tracker, channel: channel, host: trackerHost)
        puppets = [tracker]
        var configuration = PeerConfiguration(
            channel: channel,
            role: .viewer,
            name: "under test",
            trackers: [.init(endpoint: tracker.endpoint, key: nil)]
        )
        configuration.suite = .standIn
        configuration.uploadCap = cap
        configuration.latency = latency
        configuration.exposure = exposure
        peer = Peer(
            configuration,
            identity: identity,
            entropy: Entropy(secret: entropy.bytes(32)),
            at: now
        )
    }

    enum LabError: Error { case noKey }

    /// A further far end; number 1 counts as the source.
    func puppet(_ number: UInt8) -> Puppet {
        let puppet = Puppet(number, .peer, channel: channel)
        puppets.append(puppet)
        return puppet
    }

    /// Nobody is at a puppet's endpoint any more.
    func remove(_ puppet: Puppet) { puppets.removeAll { $0 === puppet } }

    // MARK: Time

    /// Lets time pass, and everything happen that is due.
    func run(for span: TimeSpan) {
        let end = now + span
        while true {
            flush()
            guard let due = peer.nextDeadline, due <= end else { break }
            now = max(now + .microseconds(10), due)
            peer.advance(to: now, into: &effects)
            perform()
        }
        now = max(now, end)
    }

    /// Puts datagrams of a puppet into the pipe and lets everybody answer.
    func put(_ out: [Outgoing], from puppet: Puppet) {
        pipe += out.map { (puppet.endpoint, $0.endpoint, $0.bytes) }
        flush()
    }

    /// Throws any bytes at the peer.
    func inject(_ bytes: [UInt8], from endpoint: Endpoint) {
        peer.receive(Bytes(bytes), from: endpoint, at: now, into: &effects)
        perform()
        flush()
    }

    private func flush() {
        while !pipe.isEmpty {
            let (from, to, bytes) = pipe.removeFirst()
            if to == endpoint {
                peer.receive(Bytes(bytes), from: from, at: now, into: &effects)
                perform()
            } else if let puppet = puppets.first(where: { $0.endpoint == to }) {
                let answers = puppet.receive(bytes, from: from, now: now)
                pipe += answers.map { (to, $0.endpoint, $0.bytes) }
            }
        }
    }

    private func perform() {
        for effect in effects.list {
            switch effect {
            case .send(let datagram, let to):
                sent.append((to, datagram.bytes))
                pipe.append((endpoint, to, datagram.bytes))
            case .deliver(let delivery): deliveries.append(delivery)
            case .report(let event): events.append(event)
            }
        }
        effects.removeAll()
    }

    /// Makes the peer leave.
    func leave() {
        peer.leave(at: now, into: &effects)
        perform()
        flush()
    }

    // MARK: What puppets do

    /// Makes a puppet say something.
    func say(_ messages: Message..., as puppet: Puppet) {
        put(puppet.say(messages, to: identity.id, now: now), from: puppet)
    }

    /// Takes the peer into the swarm, whose source is `source`.
    func join(source: Puppet) {
        run(for: .milliseconds(300))
        let welcome = Welcome(
            observed: endpoint,
            record: record,
            source: source.id,
            reportInterval: 1
        )
        say(.welcome(welcome), as: tracker)
    }

    /// Connects a puppet with the peer.
    func connect(_ puppet: Puppet) {
        put(puppet.call(identity.publicKey, at: endpoint, now: now), from: puppet)
        say(.probe(Probe(sentAt: now)), as: puppet)
        puppet.inbox.removeAll()
    }

    /// Tells the peer whom to ask for some stripes, best first.
    func plan(_ number: UInt32, _ stripes: some Sequence<Int>, _ puppets: Puppet...) {
        let lines = stripes.map { stripe in
            PlanUpdate.Line(stripe: UInt8(stripe), peers: puppets.map(\.id))
        }
        say(.plan(PlanUpdate(number: number, lines: lines)), as: tracker)
    }

    /// Makes a puppet accept what it was asked for.
    func accept(_ puppet: Puppet) {
        say(.subscribed(Subscribed(accepted: puppet.asked, refused: 0)), as: puppet)
    }

    // MARK: The stream

    var record: ChannelRecord {
        var record = ChannelRecord(
            authorityKey: .empty,
            name: "lab",
            sourceKey: Bytes(sourceKey.publicKey),
            epoch: 1
        )
        authority.sign(&record)
        return record
    }

    /// The next block of the stream: a key frame, 8 chunks, `repair` of them repair chunks.
    func block(repair: Int = 0) -> SealedBlock {
        // Made with the first block, so that no empty ones come before it as signs of life.
        var blocker =
            blocker
            ?? Blocker(
                .init(channel: channel, key: sourceKey, epoch: 1, stripeCount: 8),
                at: now
            )
        defer { self.blocker = blocker }
        blocker.repairPerRow = repair
        var blocks: [SealedBlock] = []
        let packetCount = (8 - repair) * 6
        for number in 0..<packetCount {
            let isFirst = number == 0
            var packet: [UInt8] = [0x47, 0x01, 0x00, isFirst ? 0x30 : 0x10]
            if isFirst { packet += [1, 0x40] }
            let fill = UInt8(truncatingIfNeeded: number &* 7)
            packet += [UInt8](repeating: fill, count: 188 - packet.count)
            blocker.append(packet, at: now, into: &blocks)
        }
        return blocks[blocks.count - 1]
    }
}

extension SealedBlock {
    /// A chunk as a message from somebody.
    func chunk(_ index: Int, hops: UInt8 = 0) -> Message {
        let id = ChunkID(block: manifest.block, index: UInt8(index))
        return .chunk(ChunkMessage(id: id, hops: hops, payload: chunks[index]))
    }

    /// A chunk with one bit changed.
    func damaged(_ index: Int) -> Message {
        var bytes = chunks[index].array
        bytes[bytes.count / 2] ^= 0x04
        let id = ChunkID(block: manifest.block, index: UInt8(index))
        return .chunk(ChunkMessage(id: id, hops: 0, payload: Bytes(bytes)))
    }

    /// The manifest as a message.
    var announcement: Message { .manifest(manifestBytes) }
}
