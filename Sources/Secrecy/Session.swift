public import Basics
public import Wire

/// A pair of keys with another peer or a tracker: seals and opens transport datagrams.
///
/// A session does not renew itself. When `needsRekey` says so, its owner runs another handshake and
/// puts the new session in the place of this one; to lose nothing that is on its way, it goes on
/// opening with the old one until the new one has opened its first datagram. The indexes tell which
/// session a datagram is for.
///
/// The counter in a datagram's header is the nonce. A key seals at most 2^32 datagrams, so four
/// bytes carry the whole counter and nothing has to be guessed back.
public struct Session: Sendable {
    /// The age from which the initiator renews a session (WireGuard's Rekey-After-Time).
    public static let rekeyAge = TimeSpan.seconds(120)
    /// The age from which the responder does, should the initiator have failed to: later, so that
    /// the two do not collide.
    public static let rekeyAgeResponder = TimeSpan.seconds(150)
    /// The age at which a session opens nothing more (WireGuard's Reject-After-Time).
    public static let lifetime = TimeSpan.seconds(180)
    /// How many datagrams one key may seal.
    public static let datagramsMax: UInt64 = 1 << 32
    /// Renewal is due when this many have been sealed.
    static let rekeyCount: UInt64 = 1 << 31

    /// Names the session here: the receiver index in datagrams that come.
    public let localIndex: UInt32
    /// Names the session at the other side.
    public let remoteIndex: UInt32
    /// The other side's static public key.
    public let remoteKey: [UInt8]
    /// Which end of the handshake this side was.
    public let side: HandshakeSide
    /// When the handshake ended on this side.
    public let establishedAt: Instant
    /// Datagrams opened.
    public private(set) var receivedCount: UInt64 = 0
    /// Datagrams sealed.
    public private(set) var sentCount: UInt64 = 0

    private let sender: TransportCipher
    private let receiver: TransportCipher
    private var window = ReplayWindow()

    /// What a handshake has agreed on.
    struct Agreement {
        var flow: HandshakeFlow
        var side: HandshakeSide
        var localIndex: UInt32
        var remoteIndex: UInt32
        var remoteKey: [UInt8]
    }

    init(_ agreement: Agreement, at now: Instant) {
        localIndex = agreement.localIndex
        remoteIndex = agreement.remoteIndex
        remoteKey = agreement.remoteKey
        side = agreement.side
        establishedAt = now
        let keys = agreement.flow.split()
        switch agreement.side {
        case .initiator: (sender, receiver) = (keys.initiator, keys.responder)
        case .responder: (sender, receiver) = (keys.responder, keys.initiator)
        }
    }

    /// The other side's identifier.
    public var remoteID: PeerID { PeerID(publicKey: remoteKey) }

    /// Whether the other side has proved that it holds the keys too.
    ///
    /// A responder does nothing irreversible before: the first message can be replayed.
    public var isConfirmed: Bool { side == .initiator || receivedCount > 0 }

    /// The highest counter in an opened datagram; 0 before the first.
    public var highestCounter: UInt64 { window.end > 0 ? window.end - 1 : 0 }

    /// How many datagrams the other side has numbered, as far as is known; what is missing from
    /// `receivedCount` is lost or still on its way.
    public var expectedCount: UInt64 { window.end }

    /// Whether the session is too old to open anything, and nothing should be sealed with it.
    public func isExpired(at now: Instant) -> Bool { now - establishedAt >= Session.lifetime }

    /// Whether its owner should begin another handshake.
    public func needsRekey(at now: Instant) -> Bool {
        now >= rekeyAt || sentCount >= Session.rekeyCount
    }

    /// The age at which its owner should begin another handshake, however little it has sealed.
    public var rekeyAt: Instant {
        establishedAt + (side == .initiator ? Session.rekeyAge : Session.rekeyAgeResponder)
    }

    /// A whole transport datagram around messages; nil when they are more than fit or when the key
    /// is used up.
    ///
    /// The end of the last message may be given apart: a relay sends the same chunk to many, and so
    /// copies it only once for each.
    public mutating func seal(
        _ messages: [UInt8],
        _ body: Bytes = .empty,
        service: Envelope.Service
    ) -> [UInt8]? {
        guard let header = header(for: messages.count + body.count, service),
            let datagram = sender.seal(messages, body, header, counter: sentCount)
        else { return nil }
        sentCount += 1
        return datagram
    }

    /// The same around a body that stays where it is; nil also with real cryptography, which has to
    /// read it.
    public mutating func sealAround(
        _ body: Bytes,
        _ messages: [UInt8],
        service: Envelope.Service
    ) -> Datagram? {
        guard let header = header(for: messages.count + body.count, service),
            let datagram = sender.seal(around: body, messages, header, counter: sentCount)
        else { return nil }
        sentCount += 1
        return datagram
    }

    /// The header of the next datagram; nil when so many bytes do not fit or the key is used up.
    private func header(for length: Int, _ service: Envelope.Service) -> TransportHeader? {
        guard length <= Envelope.messagesMax, sentCount < Session.datagramsMax else { return nil }
        return TransportHeader(
            firstByte: Envelope.firstByte(.transport, service),
            index: remoteIndex,
            counter: UInt32(truncatingIfNeeded: sentCount)
        )
    }

    /// The messages in a transport datagram, without a body that is apart; nil as for one run of bytes.
    public mutating func open(_ datagram: Datagram, at now: Instant) -> Bytes? {
        guard !datagram.body.isEmpty else { return open(datagram.head, at: now) }
        guard let counter = counter(of: datagram.head), window.accepts(counter),
            !isExpired(at: now), let messages = receiver.open(around: datagram, counter: counter)
        else { return nil }
        window.insert(counter)
        receivedCount += 1
        return messages
    }

    /// The messages in a transport datagram; nil when it is forged, replayed, too old, for another
    /// session, or the session has expired.
    ///
    /// Nothing changes before the tag has proved to be good.
    public mutating func open(_ datagram: Bytes, at now: Instant) -> Bytes? {
        guard let counter = counter(of: datagram), window.accepts(counter), !isExpired(at: now),
            let messages = receiver.open(datagram, counter: counter)
        else { return nil }
        window.insert(counter)
        receivedCount += 1
        return messages
    }

    /// The receiver index of a transport datagram, by which its session is found; nil when it is
    /// none.
    public static func receiverIndex(of datagram: Bytes) -> UInt32? {
        guard datagram.count >= Envelope.transportHeaderSize + Envelope.tagSize,
            datagram.count <= Envelope.datagramMax,
            Envelope.parse(firstByte: datagram[0])?.kind == .transport
        else { return nil }
        return datagram.word(at: 1)
    }

    private func counter(of datagram: Bytes) -> UInt64? {
        guard Session.receiverIndex(of: datagram) == localIndex else { return nil }
        return UInt64(datagram.word(at: 5))
    }
}

extension Session {
    /// Sets the count of sealed datagrams, to test its end.
    mutating func skip(toCounter counter: UInt64) { sentCount = counter }
}
