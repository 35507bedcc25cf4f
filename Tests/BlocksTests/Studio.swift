import Basics
import Testing
import Wire

@testable import Blocks

/// A source with fixed keys that seals blocks of made-up media.
struct Studio {
    let key: SourceKey
    let channel: ChannelID
    var epoch: UInt32 = 1
    private(set) var nextBlock: UInt32 = 0

    init(seed: UInt8 = 1) throws {
        key = try #require(SourceKey(privateKey: [UInt8](repeating: seed, count: 32)))
        channel = try #require(ChannelID([UInt8](repeating: seed, count: ChannelID.size)))
    }

    var record: ChannelRecord {
        ChannelRecord(
            authorityKey: .empty,
            name: "test",
            sourceKey: Bytes(key.publicKey),
            epoch: epoch
        )
    }

    var configuration: Blocker.Configuration {
        Blocker.Configuration(channel: channel, key: key, epoch: epoch, stripeCount: 8)
    }

    /// Seals the next block; its media time and send time are 100 ms times its number.
    mutating func seal(
        source: Int = 7,
        repair: Int = 1,
        flags: Manifest.Flags = [],
        symbolSize: Int = 32
    ) -> SealedBlock {
        var manifest = Manifest()
        manifest.epoch = epoch
        manifest.block = nextBlock
        manifest.flags = flags
        manifest.mediaTime = .milliseconds(100 * Int(nextBlock))
        manifest.sentAt = .origin + manifest.mediaTime
        let chunks = (0..<source).map { Studio.media(nextBlock, $0, symbolSize) }
        nextBlock += 1
        let coded = Erasure.encode(chunks, repairCount: repair, symbolSize: symbolSize)
        return SealedBlock(manifest, source: chunks, repair: coded, signer: (key, channel))
    }

    /// Leaves numbers out.
    mutating func jump(to block: UInt32) { nextBlock = block }

    /// Media that differs from chunk to chunk.
    static func media(_ block: UInt32, _ index: Int, _ size: Int) -> Bytes {
        var random = SeededRandom(seed: UInt64(block) << 8 | UInt64(index))
        return Bytes((0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
}

extension ChunkStore {
    /// Adds a manifest and all chunks but some.
    mutating func fill(_ block: SealedBlock, without missing: Set<Int> = [], at now: Instant) {
        _ = insert(manifest: block.manifest, bytes: block.manifestBytes, at: now)
        for (index, chunk) in block.chunks.enumerated() where !missing.contains(index) {
            _ = insert(block.id(index), payload: chunk, from: PeerID(1), at: now)
        }
    }
}

extension SealedBlock {
    /// Names one of the chunks.
    func id(_ index: Int) -> ChunkID { ChunkID(block: manifest.block, index: UInt8(index)) }
}
