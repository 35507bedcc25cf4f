import Basics
import Synchronization
import Wire

/// What never changes of a block: its manifest, and what its chunks must be.
///
/// Behind one reference, because a store looks blocks up for every chunk and a copy of all this costs
/// more than the look-up; and so that the stores of one process can share it (`ContentPool`).
final class BlockContent: Sendable {
    /// Whether other stores see the same object.
    enum Sharing: Sendable { case own, shared }

    let manifest: Manifest
    /// The manifest as it came from the wire.
    let bytes: Bytes
    /// When the source sends the block's chunks.
    let departure: Departure
    private let sharing: Sharing
    /// The chunks that somebody has verified; empty unless shared.
    private let verified: Mutex<[Bytes?]>

    init(_ manifest: Manifest, _ bytes: Bytes, _ sharing: Sharing) {
        self.manifest = manifest
        self.bytes = bytes
        self.sharing = sharing
        departure = Departure(of: manifest)
        let count = sharing == .shared ? manifest.chunkCount : 0
        verified = Mutex(Array(repeating: nil, count: count))
    }

    /// The chunk to keep when a payload is what the manifest says; nil when it is not.
    ///
    /// That is the payload itself, or an equal one that was verified before. The index must be below the
    /// manifest's `chunkCount`.
    func verify(_ payload: Bytes, at index: Int) -> Bytes? {
        if let known = known(index) { return known == payload ? known : nil }
        guard ChunkHash.matches(payload, manifest, index) else { return nil }
        if sharing == .shared { verified.withLock { $0[index] = payload } }
        return payload
    }

    /// A chunk that somebody has verified; nil where nobody has, or nothing is shared.
    func known(_ index: Int) -> Bytes? {
        sharing == .shared ? verified.withLock { $0[index] } : nil
    }
}
