public import Basics
public import Wire

/// A block as the source publishes it.
public struct SealedBlock: Sendable {
    /// What the manifest says.
    public let manifest: Manifest
    /// The signed manifest as it goes onto the wire.
    public let manifestBytes: Bytes
    /// The source chunks, then the repair chunks; the index is the chunk's.
    public let chunks: [Bytes]

    /// Hashes and signs some chunks; `manifest` has everything but sizes, hashes and signature.
    init(_ manifest: Manifest, source: [Bytes], repair: [Bytes], signer: (SourceKey, ChannelID)) {
        var manifest = manifest
        chunks = source + repair
        manifest.sourceCount = source.count
        manifest.repairCount = repair.count
        manifest.symbolSize = source.first?.count ?? 0
        manifest.lastSize = source.last?.count ?? 0
        var hashes: [UInt8] = []
        hashes.reserveCapacity(chunks.count * Manifest.hashSize)
        for chunk in chunks { ChunkHash.append(of: chunk, to: &hashes) }
        manifest.hashes = Bytes(hashes)
        let unsigned = manifest.unsigned
        let message = Manifest.signedMessage(channel: signer.1, unsigned: unsigned)
        let signature = signer.0.sign(message)
        manifest.signature = Bytes(signature)
        manifestBytes = Bytes(unsigned + signature)
        self.manifest = manifest
    }
}
