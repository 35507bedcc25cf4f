import Basics
import Wire

/// What a store holds of one block.
struct StoredBlock: Sendable {
    /// What its chunks must be.
    let content: BlockContent
    /// When the manifest came.
    let arrivedAt: Instant
    /// One entry per chunk, nil while it is missing.
    private(set) var chunks: [Bytes?]
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
        chunks = [Bytes?](repeating: nil, count: content.manifest.chunkCount)
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

    /// A chunk, if it is held; any index may be asked for.
    func chunk(at index: Int) -> Bytes? {
        chunks.indices.contains(index) ? chunks[index] : nil
    }

    /// Adds a chunk when it is what the manifest says.
    mutating func insert(_ payload: Bytes, at index: Int) -> ChunkStore.Insertion {
        guard chunks.indices.contains(index) else { return .bad }
        guard chunks[index] == nil else { return .duplicate }
        guard let verified = content.verify(payload, at: index) else { return .bad }
        chunks[index] = verified
        held |= 1 << UInt64(index)
        bytesHeld += verified.count
        return .stored
    }

    /// All chunks: those of others that share the content, if together they know all, or else what the
    /// erasure code gives back; nil when it cannot.
    func decoded() -> [Bytes?]? {
        let known = chunks.indices.map { chunks[$0] ?? content.known($0) }
        if known.allSatisfy({ $0 != nil }) { return known }
        return Erasure.decode(
            manifest: content.manifest,
            chunks: chunks,
            recreating: .everything
        )
    }
}
