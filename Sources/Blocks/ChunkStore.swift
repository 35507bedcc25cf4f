public import Basics
public import Wire

/// The verified chunks of the live discard window.
///
/// Bounded by blocks, by media time and by bytes; the oldest blocks go first. Nothing enters without
/// the hash that a valid manifest promises.
public struct ChunkStore: Sendable {
    /// How much is kept.
    public struct Limits: Sendable {
        /// Blocks, at most.
        public var blocks = 1_024
        /// Media time from the oldest to the newest block, at most.
        public var span = TimeSpan.seconds(20)
        /// Bytes of chunks and manifests, at most.
        public var bytes = 64 << 20

        /// The defaults: 1,024 blocks, 20 s, 64 MiB.
        public init() {}
    }

    /// What became of a chunk.
    public enum Insertion: Sendable, Equatable {
        /// It is held now.
        case stored
        /// It was held before, or waits already.
        case duplicate
        /// It is not what the manifest says: whoever sent it lies or is broken.
        case bad
        /// It waits for its manifest.
        case early
        /// Its block is below the window.
        case old
    }

    /// A chunk that came early and turned out to be bad.
    public struct BadChunk: Sendable, Equatable {
        /// Which chunk it claimed to be.
        public let id: ChunkID
        /// The neighbour that sent it.
        public let from: PeerID
    }

    /// What became of a manifest and of the chunks that waited for it.
    public struct ManifestInsertion: Sendable, Equatable {
        /// Whether the manifest is held now and was not before.
        public var isNew = false
        /// The waiting chunks that are held now.
        public var stored: [ChunkID] = []
        /// The waiting chunks that were bad.
        public var bad: [BadChunk] = []
    }

    /// The window's limits.
    public let limits: Limits
    /// Bytes of the chunks and manifests that are held.
    public private(set) var bytesHeld = 0
    /// How often something was added: while it stays the same, nothing more can be played.
    public private(set) var additionCount = 0
    var window: BlockWindow<StoredBlock>
    private var early = EarlyChunks()
    private let pool: ContentPool?
    /// Blocks below this have been discarded and do not come back.
    private var floor: UInt32 = 0

    /// Makes an empty store, which shares what it holds with the others of its pool.
    public init(_ limits: Limits = Limits(), pool: ContentPool? = nil) {
        self.limits = limits
        self.pool = pool
        window = BlockWindow(spanMax: limits.blocks)
    }

    /// The oldest block with a manifest.
    public var oldestBlock: UInt32? { window.bounds?.lowerBound }
    /// The newest block with a manifest.
    public var newestBlock: UInt32? { window.bounds?.upperBound }
    /// From the oldest to the newest block; some between may be missing.
    public var blocks: ClosedRange<UInt32>? { window.bounds }
    /// How many blocks have a manifest.
    public var blockCount: Int { window.count }
    /// How many chunks wait for their manifest.
    public var earlyCount: Int { early.entries.count }

    /// Adds a manifest that a `ManifestVerifier` found valid, and checks the chunks that wait for it.
    public mutating func insert(
        manifest: Manifest,
        bytes: Bytes,
        at now: Instant
    ) -> ManifestInsertion {
        var result = ManifestInsertion()
        let block = manifest.block
        guard block >= floor, !window.contains(block), makeRoom(for: manifest) else {
            return result
        }
        let content = pool?.content(manifest, bytes) ?? BlockContent(manifest, bytes, .own)
        window.insert(StoredBlock(content, arrivedAt: now), at: block)
        bytesHeld += bytes.count
        additionCount += 1
        result.isNew = true
        for entry in early.take(block: block) {
            switch store(entry.id, entry.payload) {
            case .stored: result.stored.append(entry.id)
            case .bad: result.bad.append(BadChunk(id: entry.id, from: entry.from))
            case .duplicate, .early, .old: break
            }
        }
        trim()
        return result
    }

    /// Adds a chunk from a neighbour; checks its hash, or lets it wait for its manifest.
    public mutating func insert(
        _ id: ChunkID,
        payload: Bytes,
        from neighbour: PeerID,
        at now: Instant
    ) -> Insertion {
        guard id.block >= floor, window.hasRoom(for: id.block) else { return .old }
        guard !window.contains(id.block) else {
            let insertion = store(id, payload)
            // Only a manifest makes the window longer.
            if bytesHeld > limits.bytes { trim() }
            return insertion
        }
        let isPossible = !payload.isEmpty && payload.count <= Manifest.symbolMax
        guard isPossible, Int(id.index) < Manifest.chunksMax else { return .bad }
        let entry = EarlyChunks.Entry(id: id, payload: payload, from: neighbour)
        return early.insert(entry) ? .early : .duplicate
    }

    /// Decodes a block of which at least k chunks are held: adds the missing source chunks and the
    /// missing repair chunks and returns what is new; empty when nothing can be done.
    public mutating func recover(block: UInt32) -> [ChunkID] {
        guard window[block]?.isWorthDecoding == true, let known = window[block] else { return [] }
        guard let decoded = known.decoded() else { return [] }
        var recovered: [ChunkID] = []
        for (index, payload) in decoded.enumerated() where !known.holds(index) {
            let id = ChunkID(block: block, index: UInt8(index))
            guard let payload, store(id, payload) == .stored else {
                // The source signed hashes that do not belong together: do not try again.
                window.change(block) { $0.isInconsistent = true }
                continue
            }
            recovered.append(id)
        }
        trim()
        return recovered
    }

    /// Whether decoding would give back missing source chunks.
    public func isRecoverable(_ block: UInt32) -> Bool {
        guard let known = window[block] else { return false }
        return known.isDecodable && !known.isComplete && !known.isInconsistent
    }

    /// Drops every block below a number; none of them comes back.
    public mutating func discard(below block: UInt32) {
        guard block > floor else { return }
        floor = block
        window.removeAll(below: block) { _, removed in bytesHeld -= removed.bytesHeld }
        early.removeAll(below: block)
    }

    private mutating func store(_ id: ChunkID, _ payload: Bytes) -> Insertion {
        let insertion = window.change(id.block) { $0.insert(payload, at: Int(id.index)) } ?? .old
        if insertion == .stored {
            bytesHeld += payload.count
            additionCount += 1
        }
        return insertion
    }

    /// Moves the window up for a manifest; false when the manifest is too far below.
    private mutating func makeRoom(for manifest: Manifest) -> Bool {
        guard window.hasRoom(for: manifest.block) else { return false }
        guard let bounds = window.bounds else { return true }
        if manifest.block < bounds.lowerBound {
            let newest = window[bounds.upperBound]?.manifest.mediaTime ?? .zero
            return newest - manifest.mediaTime <= limits.span
        }
        let span = UInt32(window.spanMax - 1)
        if manifest.block > span { discard(below: manifest.block - span) }
        return true
    }

    /// Discards the oldest blocks until media time and bytes are within their limits.
    private mutating func trim() {
        while let bounds = window.bounds, bounds.lowerBound < bounds.upperBound,
            let oldest = window[bounds.lowerBound], let newest = window[bounds.upperBound]
        {
            let span = newest.manifest.mediaTime - oldest.manifest.mediaTime
            guard span > limits.span || bytesHeld > limits.bytes else { return }
            discard(below: bounds.lowerBound + 1)
        }
    }
}
