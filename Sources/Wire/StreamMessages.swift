public import Basics

/// A chunk on its way.
///
///     type u8 · block u32 · index u8 · hops u8 · the chunk's bytes
public struct ChunkMessage: Sendable, Equatable {
    /// Which chunk it is.
    public var id: ChunkID
    /// How many peers it has crossed since the source, 0 from the source itself.
    ///
    /// Not signed: it only serves the figures.
    public var hops: UInt8
    /// The chunk's bytes.
    public var payload: Bytes

    /// Bytes on the wire before the payload.
    public static let headerSize = 7

    /// Makes a message.
    public init(id: ChunkID, hops: UInt8, payload: Bytes) {
        self.id = id
        self.hops = hops
        self.payload = payload
    }

    /// What stands before the payload on the wire, so that a relay writes it once for all children.
    public static func head(_ id: ChunkID, hops: UInt8) -> [UInt8] {
        var writer = ByteWriter(capacity: headerSize)
        writer.u8(Message.Tag.chunk.rawValue)
        writer.u32(id.block)
        writer.u8(id.index)
        writer.u8(hops)
        return writer.bytes
    }

    func emit(into writer: inout ByteWriter) {
        writer.raw(ChunkMessage.head(id, hops: hops))
        writer.raw(payload)
    }

    /// The payload may be apart; then nothing of it is in the first part.
    static func parse(_ start: Bytes, _ body: Bytes = .empty) throws(WireError) -> ChunkMessage {
        var reader = ByteReader(start)
        let block = try reader.u32()
        let index = try reader.u8()
        let hops = try reader.u8()
        guard Int(index) < Manifest.chunksMax else { throw .badValue }
        guard max(reader.remaining, body.count) <= Manifest.symbolMax else { throw .tooLong }
        guard body.isEmpty || reader.remaining == 0 else { throw .badValue }
        let payload = body.isEmpty ? reader.rest() : body
        return ChunkMessage(id: ChunkID(block: block, index: index), hops: hops, payload: payload)
    }
}

/// Which chunks the sender holds, from its oldest incomplete block on.
public struct BufferMap: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.have
    /// At most this many blocks are told.
    public static let blocksMax = 32
    /// The oldest block that the sender can serve whole.
    public var oldest: UInt32
    /// The block that the first mask tells of; every older one back to `oldest` is complete.
    public var base: UInt32
    /// One mask per block from `base` on, bit i for chunk i.
    public var masks: [UInt64]

    /// Makes a map.
    public init(oldest: UInt32, base: UInt32, masks: [UInt64]) {
        self.oldest = oldest
        self.base = base
        self.masks = masks
    }

    init(from reader: inout ByteReader) throws(WireError) {
        oldest = try reader.u32()
        base = try reader.u32()
        masks = []
        for _ in 0..<(try reader.count(most: BufferMap.blocksMax)) {
            masks.append(try reader.u64())
        }
    }

    func emit(into writer: inout ByteWriter) {
        writer.u32(oldest)
        writer.u32(base)
        writer.u8(UInt8(min(masks.count, BufferMap.blocksMax)))
        for mask in masks.prefix(BufferMap.blocksMax) { writer.u64(mask) }
    }
}

/// Chunks asked for, or not to be had: one mask per block.
public struct ChunkRequest: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.request
    /// At most this many blocks in one message.
    public static let blocksMax = 16

    /// Some chunks of one block.
    public struct Entry: Sendable, Equatable {
        /// The block.
        public var block: UInt32
        /// Bit i for chunk i.
        public var mask: UInt64
        /// Makes an entry.
        public init(block: UInt32, mask: UInt64) {
            self.block = block
            self.mask = mask
        }
    }

    /// The chunks.
    public var entries: [Entry]

    /// Makes a request.
    public init(entries: [Entry]) { self.entries = entries }

    init(from reader: inout ByteReader) throws(WireError) {
        entries = []
        for _ in 0..<(try reader.count(most: ChunkRequest.blocksMax)) {
            entries.append(Entry(block: try reader.u32(), mask: try reader.u64()))
        }
    }

    func emit(into writer: inout ByteWriter) {
        writer.u8(UInt8(min(entries.count, ChunkRequest.blocksMax)))
        for entry in entries.prefix(ChunkRequest.blocksMax) {
            writer.u32(entry.block)
            writer.u64(entry.mask)
        }
    }
}

/// Asks for the manifests of consecutive blocks.
public struct ManifestRequest: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.requestManifests
    /// At most this many blocks.
    public static let blocksMax = 32
    /// The first block.
    public var first: UInt32
    /// How many blocks, 1…32.
    public var count: UInt8
    /// Bit s asks for the blocks' chunks of stripe s as well, as far as the receiver has them.
    public var stripes: UInt32

    /// Makes a request.
    public init(first: UInt32, count: UInt8, stripes: UInt32 = 0) {
        self.first = first
        self.count = count
        self.stripes = stripes
    }

    init(from reader: inout ByteReader) throws(WireError) {
        first = try reader.u32()
        stripes = try reader.u32()
        count = UInt8(try reader.count(most: ManifestRequest.blocksMax))
        guard count > 0 else { throw .badValue }
    }

    func emit(into writer: inout ByteWriter) {
        writer.u32(first)
        writer.u32(stripes)
        writer.u8(count)
    }
}

/// Asks a parent for stripes.
public struct Subscribe: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.subscribe
    /// Bit s for stripe s.
    public var stripes: UInt32
    /// Those of them for which the tracker's plan names the receiver as parent: they go before others.
    public var planned: UInt32 = 0
    /// The stripes in whose trees the sender is an interior node, or will be with those asked for; with
    /// `trunkFlag`.
    public var interior: UInt32 = 0
    /// Beside the stripes where somebody is an interior node: manifests come from its parents there, and need not
    /// come from others.
    public static let trunkFlag: UInt32 = 1 << 31
    /// Also send what came since the newest key frame of at least this age, in milliseconds; nil for
    /// no history.
    public var historyAge: UInt32?
    /// Whether the history comes with all its manifests, or only with those of the stripes asked for.
    public var manifests: Manifests

    /// Which manifests come with the history.
    public enum Manifests: UInt8, Sendable, CaseIterable {
        /// Those that travel on the stripes asked for.
        case ofStripes = 0
        /// All: for a peer that has no other parent yet.
        case all = 1
    }

    /// Makes a request.
    public init(
        stripes: UInt32,
        planned: UInt32 = 0,
        interior: UInt32 = 0,
        historyAge: UInt32?,
        manifests: Manifests = .ofStripes
    ) {
        self.stripes = stripes
        self.planned = planned
        self.interior = interior
        self.historyAge = historyAge
        self.manifests = manifests
    }

    init(from reader: inout ByteReader) throws(WireError) {
        stripes = try reader.u32()
        planned = try reader.u32()
        interior = try reader.u32()
        let age = try reader.u32()
        historyAge = age == .max ? nil : age
        guard let manifests = Manifests(rawValue: try reader.u8()) else { throw .badValue }
        self.manifests = manifests
    }

    func emit(into writer: inout ByteWriter) {
        writer.u32(stripes)
        writer.u32(planned)
        writer.u32(interior)
        writer.u32(historyAge ?? .max)
        writer.u8(manifests.rawValue)
    }
}

/// A parent's answer to `Subscribe`.
public struct Subscribed: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.subscribed
    /// The stripes that the parent sends from now on.
    public var accepted: UInt32
    /// The stripes that it cannot send: no seat free, or it does not receive them itself.
    public var refused: UInt32

    /// Makes an answer.
    public init(accepted: UInt32, refused: UInt32) {
        self.accepted = accepted
        self.refused = refused
    }

    init(from reader: inout ByteReader) throws(WireError) {
        accepted = try reader.u32()
        refused = try reader.u32()
    }

    func emit(into writer: inout ByteWriter) {
        writer.u32(accepted)
        writer.u32(refused)
    }
}

/// Ends subscriptions.
///
/// From a child: it has another parent. From a parent: find another one.
public struct Unsubscribe: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.unsubscribe
    /// Bit s for stripe s.
    public var stripes: UInt32

    /// Makes a message.
    public init(stripes: UInt32) { self.stripes = stripes }

    init(from reader: inout ByteReader) throws(WireError) { stripes = try reader.u32() }

    func emit(into writer: inout ByteWriter) { writer.u32(stripes) }
}

/// Who stands between the source and the sender, per stripe; a child refuses a parent that lists it.
public struct Ancestors: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.ancestors
    /// More ancestors than this are not told: such a chain is too deep to be anybody's parent.
    public static let ancestorsMax = 12
    /// At most this many stripes.
    public static let stripesMax = 16

    /// The ancestors in one stripe.
    public struct Line: Sendable, Equatable {
        /// The stripe.
        public var stripe: UInt8
        /// The ancestors, the sender's parent first, the source last; empty at the source.
        public var peers: [PeerID]
        /// Makes a line.
        public init(stripe: UInt8, peers: [PeerID]) {
            self.stripe = stripe
            self.peers = peers
        }
    }

    /// One line per stripe that changed.
    public var lines: [Line]

    /// Makes a message.
    public init(lines: [Line]) { self.lines = lines }

    init(from reader: inout ByteReader) throws(WireError) {
        lines = []
        for _ in 0..<(try reader.count(most: Ancestors.stripesMax)) {
            let stripe = try reader.u8()
            let peers = try reader.peers(most: Ancestors.ancestorsMax)
            lines.append(Line(stripe: stripe, peers: peers))
        }
    }

    func emit(into writer: inout ByteWriter) {
        writer.u8(UInt8(min(lines.count, Ancestors.stripesMax)))
        for line in lines.prefix(Ancestors.stripesMax) {
            writer.u8(line.stripe)
            writer.peers(Array(line.peers.prefix(Ancestors.ancestorsMax)))
        }
    }
}
