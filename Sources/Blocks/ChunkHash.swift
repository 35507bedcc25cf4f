import Basics
import Crypto
import Wire

/// SHA-256 cut to 16 bytes, as manifests carry it.
enum ChunkHash {
    /// Appends the truncated hash of some bytes.
    static func append(of bytes: Bytes, to hashes: inout [UInt8]) {
        hashes.append(contentsOf: digest(of: bytes).prefix(Manifest.hashSize))
    }

    /// The truncated hash of some bytes.
    static func truncated(of bytes: Bytes) -> [UInt8] {
        Array(digest(of: bytes).prefix(Manifest.hashSize))
    }

    /// Whether some bytes are what the manifest says of a chunk, in size and hash.
    ///
    /// The index must be below the manifest's `chunkCount`.
    static func matches(_ bytes: Bytes, _ manifest: Manifest, _ index: Int) -> Bool {
        guard bytes.count == manifest.size(of: index) else { return false }
        let start = index * Manifest.hashSize
        return digest(of: bytes).withUnsafeBytes { actual in
            manifest.hashes.withUnsafeBytes { expected in
                (0..<Manifest.hashSize).allSatisfy { actual[$0] == expected[start + $0] }
            }
        }
    }

    private static func digest(of bytes: Bytes) -> SHA256.Digest {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize()
    }
}
