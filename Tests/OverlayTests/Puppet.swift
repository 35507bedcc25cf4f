import Basics
import Paths
import Secrecy
import Wire

/// The far end of a core under test: it speaks the protocol, but only says what a test makes it say.
final class Puppet {
    let identity: Identity
    let endpoint: Endpoint
    private let service: Envelope.Service
    private var board: Switchboard
    /// Messages that came, oldest first.
    var inbox: [Message] = []
    /// Punches that came.
    var punches: [Punch] = []
    /// Sizes of the datagrams that came, with their kinds.
    var datagrams: [(kind: Envelope.Kind, size: Int)] = []

    init(
        _ number: UInt8,
        _ service: Envelope.Service,
        channel: ChannelID,
        host: UInt32? = nil
    ) {
        var entropy = Entropy(secret: [UInt8](repeating: number, count: 32))
        identity = Identity.fresh(from: &entropy)
        endpoint = Endpoint(ipv4: host ?? 30 << 24 | UInt32(number) << 8 | 1, port: 6_000)
        self.service = service
        board = Switchboard(
            Switchboard.Configuration(
                identity: identity,
                suite: .standIn,
                service: service,
                prologue: service == .tracker ? Prologue.tracker : Prologue.channel(channel),
                linksMax: 8
            ),
            entropy: entropy
        )
    }

    var id: PeerID { identity.id }
    var contact: Contact { Contact(key: Bytes(identity.publicKey), candidates: [endpoint]) }

    /// Opens a session with a peer.
    func call(_ key: [UInt8], at peer: Endpoint, now: Instant) -> [Outgoing] {
        var out: [Outgoing] = []
        board.connect(to: key, .peer, via: peer, at: now, out: &out)
        return out
    }

    /// Seals messages, each in a datagram of its own.
    func say(_ messages: [Message], to peer: PeerID, now: Instant) -> [Outgoing] {
        guard let slot = board.slot(of: peer) else { return [] }
        return messages.compactMap { board.seal($0.emitted, for: slot, at: now) }
    }

    /// Seals anything at all.
    func seal(_ content: [UInt8], to peer: PeerID, now: Instant) -> [Outgoing] {
        guard let slot = board.slot(of: peer) else { return [] }
        return [board.seal(content, for: slot, at: now)].compactMap { $0 }
    }

    func receive(_ bytes: [UInt8], from endpoint: Endpoint, now: Instant) -> [Outgoing] {
        guard let first = bytes.first, let (kind, _) = Envelope.parse(firstByte: first) else {
            return []
        }
        datagrams.append((kind, bytes.count))
        var events: [Switchboard.Event] = []
        var out: [Outgoing] = []
        board.receive(Datagram(Bytes(bytes)), from: endpoint, at: now, into: &events, out: &out)
        for event in events {
            switch event {
            case .messages(_, let content): read(content)
            case .punch(let punch, _): punches.append(punch)
            case .established, .failed, .identity, .moved: break
            }
        }
        return out
    }

    private func read(_ content: Content) {
        var reader = MessageReader(content)
        while let message = try? reader.next() { inbox.append(message) }
    }
}

extension Puppet {
    /// The stripes of every `subscribe` that came, as one mask.
    var asked: UInt32 {
        inbox.reduce(0) { mask, message in
            if case .subscribe(let ask) = message { mask | ask.stripes } else { mask }
        }
    }

    /// The stripes of every `unsubscribe` that came, as one mask.
    var ended: UInt32 {
        inbox.reduce(0) { mask, message in
            if case .unsubscribe(let end) = message { mask | end.stripes } else { mask }
        }
    }

    /// The last answer to a `subscribe`.
    var answer: Subscribed? {
        inbox.reduce(nil) { last, message in
            if case .subscribed(let answer) = message { answer } else { last }
        }
    }

    /// The chunks that came, oldest first.
    var chunks: [ChunkMessage] {
        inbox.compactMap { if case .chunk(let chunk) = $0 { chunk } else { nil } }
    }

    /// The manifests that came, oldest first.
    var manifests: [Bytes] {
        inbox.compactMap { if case .manifest(let bytes) = $0 { bytes } else { nil } }
    }

    /// What was asked for, as masks by block.
    var requests: [UInt32: UInt64] {
        inbox.reduce(into: [:]) { masks, message in
            guard case .request(let request) = message else { return }
            for entry in request.entries { masks[entry.block, default: 0] |= entry.mask }
        }
    }
}
