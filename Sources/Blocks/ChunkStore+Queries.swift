public import Basics
public import Wire

extension ChunkStore {
    /// The manifest of a block, if it is held.
    public func manifest(of block: UInt32) -> Manifest? { window[block]?.manifest }

    /// The signed manifest of a block as it came from the wire.
    public func manifestBytes(of block: UInt32) -> Bytes? { window[block]?.manifestBytes }

    /// When the source sends the chunks of a block.
    public func departure(of block: UInt32) -> Departure? { window[block]?.departure }

    /// When the manifest of a block came.
    public func arrivedAt(_ block: UInt32) -> Instant? { window[block]?.arrivedAt }

    /// A chunk, if it is held.
    public func chunk(_ id: ChunkID) -> Bytes? {
        window[id.block]?.chunk(at: Int(id.index))
    }

    /// Whether a chunk is held.
    public func holds(_ id: ChunkID) -> Bool {
        id.index < 64 && mask(of: id.block) & 1 << UInt64(id.index) != 0
    }

    /// The chunks of a block that are held, bit i for chunk i; 0 without a manifest.
    public func mask(of block: UInt32) -> UInt64 { window[block]?.held ?? 0 }

    /// Whether all source chunks of a block are held.
    public func isComplete(_ block: UInt32) -> Bool { window[block]?.isComplete ?? false }

    /// The newest block that begins with a key frame and is at least so old; when all are younger,
    /// the oldest of them; nil without any.
    ///
    /// A block's age counts from the arrival of its manifest, or by media time when that says more:
    /// history that came in one burst is older than it looks. O(blocks).
    public func newestKeyFrame(atLeast age: TimeSpan, at now: Instant) -> UInt32? {
        guard let bounds = window.bounds, let newest = window[bounds.upperBound] else { return nil }
        var found: UInt32?
        for block in bounds.reversed() {
            guard let known = window[block], known.manifest.flags.contains(.keyFrame) else {
                continue
            }
            found = block
            let byMedia = newest.manifest.mediaTime - known.manifest.mediaTime
            if max(now - known.arrivedAt, byMedia) >= age { break }
        }
        return found
    }
}
