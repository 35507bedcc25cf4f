public import Basics

/// A child tells its parent what arrived from it since the last feedback.
public struct Feedback: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.feedback
    /// Datagrams that arrived from the parent.
    public var received: UInt16
    /// Datagrams that the parent numbered in the same time; the difference is loss.
    public var expected: UInt16
    /// The mean share of chunks that push did not bring, in the child's subtree, in 1/1,000.
    public var missedPermille: UInt16
    /// The greatest round trip on a way from the parent down the child's subtree, in milliseconds.
    public var roundTrip: UInt16
    /// The stripes in whose trees the child is an interior node: it has a parent there, and children; with
    /// `Subscribe.trunkFlag`.
    public var interior: UInt32

    /// Makes a feedback.
    public init(
        received: UInt16,
        expected: UInt16,
        missedPermille: UInt16,
        roundTrip: UInt16,
        interior: UInt32
    ) {
        self.received = received
        self.expected = expected
        self.missedPermille = missedPermille
        self.roundTrip = roundTrip
        self.interior = interior
    }

    init(from reader: inout ByteReader) throws(WireError) {
        received = try reader.u16()
        expected = try reader.u16()
        missedPermille = try reader.u16()
        roundTrip = try reader.u16()
        interior = try reader.u32()
    }

    func emit(into writer: inout ByteWriter) {
        writer.u16(received)
        writer.u16(expected)
        writer.u16(missedPermille)
        writer.u16(roundTrip)
        writer.u32(interior)
    }
}

/// Asks for an echo, to measure the round trip and the clocks' offset (as NTP does, RFC 5905).
public struct Probe: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.probe
    /// When the probe was sent, on the sender's clock.
    public var sentAt: Instant

    /// Makes a probe.
    public init(sentAt: Instant) { self.sentAt = sentAt }

    init(from reader: inout ByteReader) throws(WireError) {
        sentAt = Instant(nanoseconds: try reader.i64())
    }

    func emit(into writer: inout ByteWriter) { writer.i64(sentAt.nanoseconds) }
}

/// Answers a probe at once.
public struct Echo: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.echo
    /// The probe's own stamp.
    public var probeSentAt: Instant
    /// When the probe arrived, on the answerer's clock.
    public var receivedAt: Instant
    /// The source's clock minus the answerer's clock; unknown when `offsetError` is nil.
    public var sourceOffset: TimeSpan
    /// How wrong `sourceOffset` may be.
    public var offsetError: TimeSpan?

    /// Makes an echo.
    public init(
        probeSentAt: Instant,
        receivedAt: Instant,
        sourceOffset: TimeSpan,
        offsetError: TimeSpan?
    ) {
        self.probeSentAt = probeSentAt
        self.receivedAt = receivedAt
        self.sourceOffset = sourceOffset
        self.offsetError = offsetError
    }

    init(from reader: inout ByteReader) throws(WireError) {
        probeSentAt = Instant(nanoseconds: try reader.i64())
        receivedAt = Instant(nanoseconds: try reader.i64())
        sourceOffset = TimeSpan(nanoseconds: try reader.i64())
        let error = try reader.u32()
        offsetError = error == .max ? nil : .microseconds(Int(error))
    }

    func emit(into writer: inout ByteWriter) {
        writer.i64(probeSentAt.nanoseconds)
        writer.i64(receivedAt.nanoseconds)
        writer.i64(sourceOffset.nanoseconds)
        let error = offsetError.map { min(max(0, $0.nanoseconds / 1_000), 4_000_000_000) }
        writer.u32(error.map { UInt32($0) } ?? .max)
    }
}

/// The sender leaves.
public struct Goodbye: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.goodbye

    /// Why somebody leaves.
    public enum Reason: UInt8, Sendable, CaseIterable {
        /// The person stopped it.
        case leaving = 0
        /// The stream has ended.
        case ended = 1
        /// The neighbour is not needed any more.
        case unneeded = 2
        /// The neighbour broke the protocol.
        case violation = 3
    }

    /// Why.
    public var reason: Reason

    /// Makes a message.
    public init(reason: Reason) { self.reason = reason }

    init(from reader: inout ByteReader) throws(WireError) {
        guard let reason = Reason(rawValue: try reader.u8()) else { throw .badValue }
        self.reason = reason
    }

    func emit(into writer: inout ByteWriter) { writer.u8(reason.rawValue) }
}

/// Who somebody is and where to reach them.
public struct Contact: Sendable, Equatable {
    /// Bytes of an X25519 public key.
    public static let keySize = 32
    /// At most this many candidates.
    public static let candidatesMax = 4

    /// The X25519 public key.
    public var key: Bytes
    /// Where the peer may be reached, best first.
    public var candidates: [Endpoint]

    /// Makes a contact.
    public init(key: Bytes, candidates: [Endpoint]) {
        self.key = key
        self.candidates = candidates
    }

    /// The identifier that belongs to the key.
    public var id: PeerID { PeerID(publicKey: key.array) }

    init(from reader: inout ByteReader) throws(WireError) {
        key = try reader.take(Contact.keySize)
        candidates = try reader.endpoints(most: Contact.candidatesMax)
    }

    func emit(into writer: inout ByteWriter) {
        writer.raw(key)
        writer.endpoints(Array(candidates.prefix(Contact.candidatesMax)))
    }
}
