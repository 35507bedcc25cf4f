import Basics
import Wire

/// What a store holds of one block.
struct StoredBlock: Sendable {
    /// What its chunks must be.
    let content: BlockContent
    /// When the manifest came.
    let arrivedAt: Instant
    /// One entry per chunk, nil while it is missing; empty where the shared content has them.
    private var chunks: [Bytes?]
    /// Bit i for chunk i.
    private(set) var held: UInt64 = 0
    /// Bytes of manifest and chunks.
    private(set) var bytesHeld: Int
    /// Decoding gave something else than the manifest promises.
    var isInconsistent = false

    /// Starts without chunks.
    init(_ content: BlockContent, arrivedAt: Instant) {
        self.content = content
        self.arrivedAt = arrivedAt
        let count = content.isShared ? 0 : content.manifest.chunkCount
        chunks = [Bytes?](repeating: nil, count: count)
        bytesHeld = content.bytes.count
    }

    /// What the chunks must be.
    var manifest: Manifest { content.manifest }
    /// The manifest as it came from the wire.
    var manifestBytes: Bytes { content.bytes }
    /// When the source sends the block's chunks.
    var departure: Departure { content.departure }

    /// Whether all source chunks are held.
    var isComplete: Bool {
        let source = Manifest.mask(count: content.manifest.sourceCount)
        return held & source == source
    }

    /// Whether enough chunks are held to compute the rest.
    var isDecodable: Bool { held.nonzeroBitCount >= content.manifest.sourceCount }

    /// Whether decoding would give something that is not held.
    var isWorthDecoding: Bool {
        isDecodable && !isInconsistent && held != content.manifest.fullMask
    }

    /// Whether a chunk is held; any index may be asked for.
    func holds(_ index: Int) -> Bool { index >= 0 && index < 64 && held >> UInt64(index) & 1 == 1 }

    /// A chunk, if it is held; any index may be asked for.
    func chunk(at index: Int) -> Bytes? {
        guard holds(index) else { return nil }
        return content.isShared ? content.known(index) : chunks[index]
    }

    /// Adds a chunk when it is what the manifest says.
    mutating func insert(_ payload: Bytes, at index: Int) -> ChunkStore.Insertion {
        guard (0..<content.manifest.chunkCount).contains(index) else { return .bad }
        guard !holds(index) else { return .duplicate }
        guard let verified = content.verify(payload, at: index) else { return .bad }
        if !content.isShared { chunks[index] = verified }
        held |= 1 << UInt64(index)
        bytesHeld += verified.count
        return .stored
    }

    /// All chunks: those of others that share the content, if together they know all, or else what the
    /// erasure code gives back; nil when it cannot.
    func decoded() -> [Bytes?]? {
        let indices = 0..<content.manifest.chunkCount
        let known = indices.map { content.known($0) }
        if known.allSatisfy({ $0 != nil }) { return known }
        return Erasure.decode(
            manifest: content.manifest,
            chunks: indices.map { chunk(at: $0) },
            recreating: .everything
        )
    }
}
