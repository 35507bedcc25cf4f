public import Basics
import Wire

/// Cuts a transport stream into signed blocks of chunks.
///
/// A block ends when its rows are full, before a key frame with the tables in front of it, or 250 ms
/// after its first byte. After 250 ms of silence comes an empty block as a sign of life. What goes
/// in comes out, bit for bit: the source chunks in order are the input.
public struct Blocker: Sendable {
    /// What a stream of blocks is made with.
    public struct Configuration: Sendable {
        /// The channel that the signatures are for.
        public var channel: ChannelID
        /// Signs the manifests.
        public var key: SourceKey
        /// The start of this source process.
        public var epoch: UInt32
        /// Chunks per row, 2…64.
        public var stripeCount: Int

        /// Makes a configuration.
        public init(channel: ChannelID, key: SourceKey, epoch: UInt32, stripeCount: Int) {
            precondition((2...Manifest.chunksMax).contains(stripeCount), "\(stripeCount) stripes")
            self.channel = channel
            self.key = key
            self.epoch = epoch
            self.stripeCount = stripeCount
        }
    }

    /// A block is sealed this long after its first byte, and an empty one after as much silence.
    public static let spanMax = TimeSpan.milliseconds(250)
    /// Without video, every audio frame may be a place to start: only one in this span counts.
    private static let audioSpanMin = TimeSpan.milliseconds(400)
    /// Tables in front of a key frame, at most; always less than one row.
    private static let tablesMax = 6

    /// Repair chunks per row of the next block, from 0 to a third of the stripes.
    public var repairPerRow = 0 {
        didSet { repairPerRow = min(configuration.stripeCount / 3, max(0, repairPerRow)) }
    }

    /// Whether peers pass on two copies of every manifest from now on.
    public var doublesManifests = false

    /// The stripes, as bits, whose manifests are passed on twice in any case: their tree is deeper than
    /// the others'.
    public var deepStripes: UInt32 = 0

    private let configuration: Configuration
    private var scanner = TransportScanner()
    private var meter = RateMeter()
    private var size: BlockSize
    /// The media of the block that is being filled.
    private var buffer: [UInt8] = []
    /// When its first byte came; what is deferred to the next block counts from its own arrival.
    private var openedAt: Instant
    private var quietSince: Instant
    /// How many bytes at the end of `buffer` are tables, and since when.
    private var tablesSize = 0
    private var tablesSince: Instant
    private var flags: Manifest.Flags = []
    /// Bytes of a transport stream packet that has not come whole.
    private var remainder: [UInt8] = []
    private var startedAt: Instant?
    private var block: UInt32 = 0
    private var previous = Manifest().previous
    private var hasEnded = false
    private var keyFrameAt: Instant?

    /// Starts with block 0.
    public init(_ configuration: Configuration, at now: Instant) {
        self.configuration = configuration
        size = BlockSize(rate: nil, stripeCount: configuration.stripeCount, repairPerRow: 0)
        openedAt = now
        quietSince = now
        tablesSince = now
    }

    /// The media's rate, smoothed; nil during the first second.
    public var mediaRate: BitRate? { meter.rate }

    /// When `advance` has something to do; nil after the end.
    public var nextDeadline: Instant? {
        if hasEnded { return nil }
        return (buffer.isEmpty ? quietSince : openedAt) + Blocker.spanMax
    }

    /// Adds transport stream packets, usually whole ones; the rest of a split one may follow later.
    public mutating func append(
        _ packets: [UInt8],
        at now: Instant,
        into blocks: inout [SealedBlock]
    ) {
        guard !hasEnded, !packets.isEmpty else { return }
        advance(to: now, into: &blocks)
        meter.add(packets.count, at: now)
        if startedAt == nil { startedAt = now }
        let input = remainder.isEmpty ? packets[...] : (remainder + packets)[...]
        var at = 0
        while at + TransportScanner.packetSize <= input.count {
            take(input[at..<(at + TransportScanner.packetSize)], at: now, into: &blocks)
            at += TransportScanner.packetSize
        }
        remainder = at < input.count ? Array(input[at...]) : []
    }

    /// Seals what is due.
    public mutating func advance(to now: Instant, into blocks: inout [SealedBlock]) {
        guard let due = nextDeadline, due <= now else { return }
        seal(tablesAreWhole ? buffer.count : buffer.count - tablesSize, at: now, into: &blocks)
        if !buffer.isEmpty { openedAt = now }
    }

    /// Says that what follows does not continue what came: the next block with media is flagged.
    public mutating func markDiscontinuity(at now: Instant, into blocks: inout [SealedBlock]) {
        guard !hasEnded else { return }
        if !buffer.isEmpty { seal(buffer.count, at: now, into: &blocks) }
        flags.insert(.discontinuity)
    }

    /// Seals what is left as the last block of the stream; further calls do nothing.
    public mutating func finish(at now: Instant, into blocks: inout [SealedBlock]) {
        guard !hasEnded else { return }
        if !remainder.isEmpty {
            if buffer.isEmpty { open(at: now) }
            buffer += remainder
            remainder = []
        }
        flags.insert(.end)
        seal(buffer.count, at: now, into: &blocks)
        hasEnded = true
    }

    /// Whether the block has nothing but tables.
    private var tablesAreWhole: Bool { tablesSize == buffer.count }

    private mutating func take(
        _ packet: ArraySlice<UInt8>,
        at now: Instant,
        into blocks: inout [SealedBlock]
    ) {
        let kind = scanner.scan(packet)
        if kind == .keyFrame { beginKeyFrame(at: now, into: &blocks) }
        if buffer.isEmpty { open(at: now) }
        if kind == .keyFrame, tablesAreWhole {
            flags.insert(.keyFrame)
            keyFrameAt = now
        }
        note(kind, at: now)
        buffer.append(contentsOf: packet)
        if buffer.count >= size.capacity {
            // Tables may lead a key frame: they wait for what follows.
            seal(tablesAreWhole ? buffer.count : buffer.count - tablesSize, at: now, into: &blocks)
        }
    }

    /// Ends the block before a key frame and its tables.
    private mutating func beginKeyFrame(at now: Instant, into blocks: inout [SealedBlock]) {
        guard !tablesAreWhole else { return }
        if scanner.videoPID == nil, let keyFrameAt, now - keyFrameAt < Blocker.audioSpanMin {
            return
        }
        seal(buffer.count - tablesSize, at: now, into: &blocks)
    }

    private mutating func note(_ kind: TransportScanner.Kind, at now: Instant) {
        let fits = tablesSize < Blocker.tablesMax * TransportScanner.packetSize
        guard kind == .table, fits || tablesAreWhole else {
            tablesSize = 0
            return
        }
        if tablesSize == 0 { tablesSince = now }
        tablesSize += TransportScanner.packetSize
    }

    private mutating func open(at now: Instant) {
        openedAt = now
        size = BlockSize(
            rate: meter.rate,
            stripeCount: configuration.stripeCount,
            repairPerRow: repairPerRow
        )
        buffer.reserveCapacity(size.capacity)
    }

    /// Seals the first `end` bytes; the rest, tables only, begins the next block.
    private mutating func seal(
        _ end: Int,
        at now: Instant,
        into blocks: inout [SealedBlock]
    ) {
        let rest = Array(buffer[end...])
        buffer.removeLast(rest.count)
        let source = chunks(of: Bytes(buffer))
        let repair = Erasure.encode(
            source,
            repairCount: size.repairCount(forSource: source.count),
            symbolSize: source.first?.count ?? 0
        )
        let sealed = SealedBlock(
            description(at: now),
            source: source,
            repair: repair,
            signer: (configuration.key, configuration.channel)
        )
        blocks.append(sealed)
        previous = Bytes(ChunkHash.truncated(of: sealed.manifestBytes))
        block &+= 1
        if !source.isEmpty { flags.remove(.discontinuity) }
        flags.remove(.keyFrame)
        quietSince = now
        buffer = []
        tablesSize = 0
        if !rest.isEmpty { carry(rest) }
    }

    /// Begins a block with tables that came while the one before was filled.
    private mutating func carry(_ tables: [UInt8]) {
        open(at: tablesSince)
        buffer += tables
        tablesSize = tables.count
    }

    private func chunks(of media: Bytes) -> [Bytes] {
        stride(from: 0, to: media.count, by: Manifest.symbolMax).map {
            media.slice($0, $0 + Manifest.symbolMax)
        }
    }

    private func description(at now: Instant) -> Manifest {
        var manifest = Manifest()
        manifest.flags = buffer.isEmpty ? flags.subtracting(.discontinuity) : flags
        let stripe = UInt32(Int(block) % configuration.stripeCount)
        if doublesManifests || deepStripes >> stripe & 1 == 1 { manifest.flags.insert(.doubled) }
        manifest.epoch = configuration.epoch
        manifest.block = block
        manifest.mediaTime = (buffer.isEmpty ? now : openedAt) - (startedAt ?? now)
        manifest.sentAt = now
        manifest.previous = previous
        return manifest
    }
}
