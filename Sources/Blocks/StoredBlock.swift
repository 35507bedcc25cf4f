import Basics
import Wire

/// What a store holds of one block.
struct StoredBlock: Sendable {
    /// What never changes, behind one reference: a store looks blocks up for every chunk, and a copy
    /// of all this costs more than the look-up.
    private final class Description: Sendable {
        let manifest: Manifest
        let bytes: Bytes
        let arrivedAt: Instant
        let departure: Departure

        init(_ manifest: Manifest, _ bytes: Bytes, _ arrivedAt: Instant) {
            self.manifest = manifest
            self.bytes = bytes
            self.arrivedAt = arrivedAt
            departure = Departure(of: manifest)
        }
    }

    private let description: Description
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
        description = Description(manifest, bytes, arrivedAt)
        chunks = [Bytes?](repeating: nil, count: manifest.chunkCount)
        bytesHeld = bytes.count
    }

    /// What the chunks must be.
    var manifest: Manifest { description.manifest }
    /// The manifest as it came from the wire.
    var manifestBytes: Bytes { description.bytes }
    /// When the source sends the block's chunks.
    var departure: Departure { description.departure }
    /// When the manifest came.
    var arrivedAt: Instant { description.arrivedAt }

    /// Whether all source chunks are held.
    var isComplete: Bool {
        let source = Manifest.mask(count: manifest.sourceCount)
        return held & source == source
    }

    /// Whether enough chunks are held to compute the rest.
    var isDecodable: Bool { held.nonzeroBitCount >= manifest.sourceCount }

    /// Whether decoding would give something that is not held.
    var isWorthDecoding: Bool {
        isDecodable && !isInconsistent && held != description.manifest.fullMask
    }

    /// A chunk, if it is held; any index may be asked for.
    func chunk(at index: Int) -> Bytes? {
        chunks.indices.contains(index) ? chunks[index] : nil
    }

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
