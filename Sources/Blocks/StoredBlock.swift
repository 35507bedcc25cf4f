import Basics
import Wire

/// What a store holds of one block.
struct StoredBlock: Sendable {
    let manifest: Manifest
    let manifestBytes: Bytes
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
    init(_ manifest: Manifest, _ bytes: Bytes, arrivedAt: Instant) {
        self.manifest = manifest
        manifestBytes = bytes
        self.arrivedAt = arrivedAt
        chunks = [Bytes?](repeating: nil, count: manifest.chunkCount)
        bytesHeld = bytes.count
    }

    /// Whether all source chunks are held.
    var isComplete: Bool {
        let source = Manifest.mask(count: manifest.sourceCount)
        return held & source == source
    }

    /// Whether enough chunks are held to compute the rest.
    var isDecodable: Bool { held.nonzeroBitCount >= manifest.sourceCount }

    /// Adds a chunk when it is what the manifest says.
    mutating func insert(_ payload: Bytes, at index: Int) -> ChunkStore.Insertion {
        guard chunks.indices.contains(index) else { return .bad }
        guard chunks[index] == nil else { return .duplicate }
        guard ChunkHash.matches(payload, manifest, index) else { return .bad }
        chunks[index] = payload
        held |= 1 << UInt64(index)
        bytesHeld += payload.count
        return .stored
    }
}
