public import Basics

/// Asks to become a member of the swarm.
public struct Join: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.join
    /// The longest name in bytes.
    public static let nameMax = 128

    /// The channel; a tracker may serve many.
    public var channel: ChannelID
    /// What the peer will do.
    public var role: Role
    /// The name that people see; the receiver cleans it.
    public var name: String
    /// Upload that the peer allows, in kbit/s; nil when it set no limit.
    public var uploadCap: UInt32?
    /// Addresses on the peer's own network.
    public var candidates: [Endpoint]
    /// Only from the source: the channel's record.
    public var record: ChannelRecord?
    /// The peer's NAT; nil while it does not know.
    public var nat: NatOutlook?

    /// Makes a message.
    public init(channel: ChannelID, role: Role, name: String, candidates: [Endpoint]) {
        self.channel = channel
        self.role = role
        self.name = name
        self.candidates = candidates
    }

    init(from reader: inout ByteReader) throws(WireError) {
        guard let channel = ChannelID(try reader.take(ChannelID.size).array),
            let role = Role(rawValue: try reader.u8())
        else { throw .badValue }
        self.channel = channel
        self.role = role
        name = try reader.text(most: Join.nameMax)
        let cap = try reader.u32()
        uploadCap = cap == .max ? nil : cap
        candidates = try reader.endpoints(most: Contact.candidatesMax)
        record = try reader.u8() == 1 ? try ChannelRecord(from: &reader) : nil
        nat = try NatOutlook.parse(from: &reader)
    }

    func emit(into writer: inout ByteWriter) {
        writer.raw(channel.bytes)
        writer.u8(role.rawValue)
        writer.text(name, most: Join.nameMax)
        writer.u32(uploadCap ?? .max)
        writer.endpoints(Array(candidates.prefix(Contact.candidatesMax)))
        writer.u8(record == nil ? 0 : 1)
        record?.emit(into: &writer)
        NatOutlook.emit(nat, into: &writer)
    }
}

/// Who may sign a channel's blocks: the authority's word for a source key.
///
/// Self-certifying: SHA-256(authority key ‖ name) is the channel's identifier.
public struct ChannelRecord: Sendable, Equatable {
    /// The authority's Ed25519 public key, 32 bytes.
    public var authorityKey: Bytes
    /// The channel's name.
    public var name: String
    /// The source's Ed25519 public key, 32 bytes.
    public var sourceKey: Bytes
    /// The start of the source process that this speaks of.
    public var epoch: UInt32
    /// The record is void after this time, in seconds since 1970.
    public var notAfter: Int64
    /// How many stripes the stream has.
    public var stripeCount: UInt8
    /// Media bits per second, as far as the source knows.
    public var mediaRate: UInt32
    /// The authority's Ed25519 signature over the channel's identifier and all but the media rate.
    public var signature: Bytes

    /// Makes a record that is not signed yet.
    public init(authorityKey: Bytes, name: String, sourceKey: Bytes, epoch: UInt32) {
        self.authorityKey = authorityKey
        self.name = name
        self.sourceKey = sourceKey
        self.epoch = epoch
        notAfter = .max
        stripeCount = 8
        mediaRate = 0
        signature = .empty
    }

    /// What the signature covers, after the channel's identifier.
    public var signed: [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.raw(authorityKey)
        writer.text(name, most: Join.nameMax)
        writer.raw(sourceKey)
        writer.u32(epoch)
        writer.i64(notAfter)
        writer.u8(stripeCount)
        return writer.bytes
    }

    init(from reader: inout ByteReader) throws(WireError) {
        authorityKey = try reader.take(32)
        name = try reader.text(most: Join.nameMax)
        sourceKey = try reader.take(32)
        epoch = try reader.u32()
        notAfter = try reader.i64()
        stripeCount = try reader.u8()
        mediaRate = try reader.u32()
        signature = try reader.take(Manifest.signatureSize)
        guard stripeCount == 8 || stripeCount == 16 else { throw .badValue }
    }

    func emit(into writer: inout ByteWriter) {
        writer.raw(signed)
        writer.u32(mediaRate)
        writer.raw(signature)
    }
}

/// Takes a peer in.
public struct Welcome: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.welcome
    /// The peer's address as the tracker sees it.
    public var observed: Endpoint
    /// The channel's record; nil while no source has come.
    public var record: ChannelRecord?
    /// The source as a peer; nil while there is none.
    public var source: PeerID?
    /// Seconds between reports.
    public var reportInterval: UInt8
    /// Seats that the swarm has to spare, as in `Summary`.
    public var sparePermille: Int16 = .max

    /// Makes a message.
    public init(observed: Endpoint, record: ChannelRecord?, source: PeerID?, reportInterval: UInt8)
    {
        self.observed = observed
        self.record = record
        self.source = source
        self.reportInterval = reportInterval
    }

    init(from reader: inout ByteReader) throws(WireError) {
        observed = try reader.endpoint()
        reportInterval = try reader.u8()
        sparePermille = Int16(bitPattern: try reader.u16())
        let source = try reader.u64()
        self.source = source == 0 ? nil : PeerID(source)
        record = try reader.u8() == 1 ? try ChannelRecord(from: &reader) : nil
    }

    func emit(into writer: inout ByteWriter) {
        writer.endpoint(observed)
        writer.u8(reportInterval)
        writer.u16(UInt16(bitPattern: sparePermille))
        writer.u64(source?.value ?? 0)
        writer.u8(record == nil ? 0 : 1)
        record?.emit(into: &writer)
    }
}

/// Not now.
public struct Retry: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.retry

    /// Why the tracker does not take the peer in.
    public enum Reason: UInt8, Sendable, CaseIterable {
        /// Too many joins at once.
        case busy = 0
        /// The source is not there.
        case sourceOffline = 1
        /// Another source broadcasts on the channel, or the record is not valid.
        case refused = 2
    }

    /// Why.
    public var reason: Reason
    /// When to try again, in milliseconds.
    public var after: UInt32

    /// Makes a message.
    public init(reason: Reason, after: UInt32) {
        self.reason = reason
        self.after = after
    }

    init(from reader: inout ByteReader) throws(WireError) {
        guard let reason = Reason(rawValue: try reader.u8()) else { throw .badValue }
        self.reason = reason
        after = try reader.u32()
    }

    func emit(into writer: inout ByteWriter) {
        writer.u8(reason.rawValue)
        writer.u32(after)
    }
}

/// Tells a peer its parents, as far as they changed.
public struct PlanUpdate: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.plan
    /// At most this many stripes.
    public static let stripesMax = 16
    /// At most this many backups per stripe.
    public static let backupsMax = 3

    /// The parents for one stripe.
    public struct Line: Sendable, Equatable {
        /// The stripe.
        public var stripe: UInt8
        /// The parent, then the backups, best first; empty when nobody has a seat.
        public var peers: [PeerID]
        /// Makes a line.
        public init(stripe: UInt8, peers: [PeerID]) {
            self.stripe = stripe
            self.peers = peers
        }
    }

    /// The plan's number; a peer ignores one that is lower than it has seen.
    public var number: UInt32
    /// One line per stripe that changed.
    public var lines: [Line]

    /// Makes an update.
    public init(number: UInt32, lines: [Line]) {
        self.number = number
        self.lines = lines
    }

    init(from reader: inout ByteReader) throws(WireError) {
        number = try reader.u32()
        lines = []
        for _ in 0..<(try reader.count(most: PlanUpdate.stripesMax)) {
            let stripe = try reader.u8()
            let peers = try reader.peers(most: 1 + PlanUpdate.backupsMax)
            lines.append(Line(stripe: stripe, peers: peers))
        }
    }

    func emit(into writer: inout ByteWriter) {
        writer.u32(number)
        writer.u8(UInt8(min(lines.count, PlanUpdate.stripesMax)))
        for line in lines.prefix(PlanUpdate.stripesMax) {
            writer.u8(line.stripe)
            writer.peers(Array(line.peers.prefix(1 + PlanUpdate.backupsMax)))
        }
    }
}

/// Tells a peer how the swarm fares.
public struct Summary: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.summary
    /// How many viewers take part.
    public var viewers: UInt32
    /// Media bits per second that the source publishes.
    public var mediaRate: UInt32
    /// Greatest share of chunks that push did not bring to a viewer, in 1/1,000.
    public var missedPermille: UInt16
    /// Seats that the swarm has beyond those that its viewers need, in 1/1,000 of the need; negative in
    /// a shortage.
    public var sparePermille: Int16
    /// Seconds between reports from now on.
    public var reportInterval: UInt8
    /// Whether the swarm has formed: no crowd is coming.
    ///
    /// What makes a large swarm quicker must wait for that.
    public var isFormed: Bool

    /// Makes a summary.
    public init(
        viewers: UInt32,
        mediaRate: UInt32,
        missedPermille: UInt16,
        sparePermille: Int16 = .max,
        reportInterval: UInt8 = 1,
        isFormed: Bool = true
    ) {
        self.viewers = viewers
        self.mediaRate = mediaRate
        self.missedPermille = missedPermille
        self.sparePermille = sparePermille
        self.reportInterval = reportInterval
        self.isFormed = isFormed
    }

    init(from reader: inout ByteReader) throws(WireError) {
        viewers = try reader.u32()
        mediaRate = try reader.u32()
        missedPermille = try reader.u16()
        sparePermille = Int16(bitPattern: try reader.u16())
        reportInterval = try reader.u8()
        isFormed = try reader.u8() != 0
    }

    func emit(into writer: inout ByteWriter) {
        writer.u32(viewers)
        writer.u32(mediaRate)
        writer.u16(missedPermille)
        writer.u16(UInt16(bitPattern: sparePermille))
        writer.u8(reportInterval)
        writer.u8(isFormed ? 1 : 0)
    }
}
