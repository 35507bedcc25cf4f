public import Basics

/// The signed description of a block: what its chunks must hash to.
///
///     version u8 · flags u8 · epoch u32 · block u32 · k u8 · r u8 · symbol size u16 · last size u16
///     · media time i64 · sent at i64 · previous 16 · (k + r) × hash 16 · signature 64
///
/// Times are nanoseconds. The signature covers the channel's identifier and everything before it,
/// so that a manifest cannot move to another channel.
public struct Manifest: Sendable, Equatable {
    /// The version of this layout.
    public static let version: UInt8 = 1
    /// Source and repair chunks of one block, at most: their mask fits 64 bits, their manifest one
    /// datagram.
    public static let chunksMax = 64
    /// Bytes of a truncated SHA-256.
    public static let hashSize = 16
    /// Bytes of an Ed25519 signature.
    public static let signatureSize = 64
    /// The largest chunk: 6 transport stream packets of 188 bytes.
    public static let symbolMax = 1_128

    /// What is special about a block.
    public struct Flags: OptionSet, Sendable {
        /// The bits.
        public let rawValue: UInt8
        /// Makes flags from their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The block begins with a key frame, its PAT and PMT before it.
        public static let keyFrame = Flags(rawValue: 1)
        /// The stream does not continue the block before.
        public static let discontinuity = Flags(rawValue: 2)
        /// The source ends the stream with this block.
        public static let end = Flags(rawValue: 4)
        /// Every peer gets a second copy of the manifest, on the stripe S/2 further: the swarm
        /// loses so much that asking again would be dearer.
        public static let doubled = Flags(rawValue: 8)
    }

    /// What is special about the block.
    public var flags: Flags = []
    /// The start of the source process that made the block.
    public var epoch: UInt32 = 0
    /// The block's number, from 0.
    public var block: UInt32 = 0
    /// How many source chunks there are; 0 for a sign of life without media.
    public var sourceCount = 0
    /// How many repair chunks there are.
    public var repairCount = 0
    /// Bytes of every chunk but the last source chunk.
    public var symbolSize = 0
    /// Bytes of the last source chunk.
    public var lastSize = 0
    /// Media time of the block's first byte, from the start of the stream.
    public var mediaTime = TimeSpan.zero
    /// When the source sent the block, on the source's clock.
    public var sentAt = Instant.origin
    /// Truncated SHA-256 of the manifest before; zeros for the first.
    public var previous = noHash
    /// The chunks' truncated SHA-256s, one after the other.
    public var hashes = Bytes.empty
    /// The source's Ed25519 signature; empty until signed.
    public var signature = Bytes.empty

    private static let noHash = Bytes([UInt8](repeating: 0, count: hashSize))

    /// Makes an empty manifest.
    public init() {}

    /// Source and repair chunks together.
    public var chunkCount: Int { sourceCount + repairCount }

    /// The hash of a chunk; the index must be below `chunkCount`.
    public func hash(of index: Int) -> Bytes {
        hashes.slice(index * Manifest.hashSize, (index + 1) * Manifest.hashSize)
    }

    /// The size of a chunk; the index must be below `chunkCount`.
    public func size(of index: Int) -> Int { index == sourceCount - 1 ? lastSize : symbolSize }

    /// Media bytes in the block.
    public var mediaBytes: Int {
        sourceCount == 0 ? 0 : (sourceCount - 1) * symbolSize + lastSize
    }

    /// The mask of all chunks, bit i for chunk i.
    public var fullMask: UInt64 { Manifest.mask(count: chunkCount) }

    /// A mask with the lowest `count` bits set.
    public static func mask(count: Int) -> UInt64 {
        count >= 64 ? .max : (1 << UInt64(max(0, count))) - 1
    }

    /// Everything but the signature.
    public var unsigned: [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.u8(Manifest.version)
        writer.u8(flags.rawValue)
        writer.u32(epoch)
        writer.u32(block)
        writer.u8(UInt8(sourceCount))
        writer.u8(UInt8(repairCount))
        writer.u16(UInt16(symbolSize))
        writer.u16(UInt16(lastSize))
        writer.i64(mediaTime.nanoseconds)
        writer.i64(sentAt.nanoseconds)
        writer.raw(previous)
        writer.raw(hashes)
        return writer.bytes
    }

    /// The whole manifest.
    public var emitted: [UInt8] { unsigned + signature.storageSlice }

    /// Parses a whole manifest; the signature is not checked here.
    public static func parse(_ bytes: Bytes) throws(WireError) -> Manifest {
        var reader = ByteReader(bytes)
        var manifest = Manifest()
        guard try reader.u8() == version else { throw .unknownVersion }
        manifest.flags = Flags(rawValue: try reader.u8())
        manifest.epoch = try reader.u32()
        manifest.block = try reader.u32()
        manifest.sourceCount = Int(try reader.u8())
        manifest.repairCount = Int(try reader.u8())
        manifest.symbolSize = Int(try reader.u16())
        manifest.lastSize = Int(try reader.u16())
        manifest.mediaTime = TimeSpan(nanoseconds: try reader.i64())
        manifest.sentAt = Instant(nanoseconds: try reader.i64())
        manifest.previous = try reader.take(hashSize)
        guard manifest.chunkCount <= chunksMax else { throw .tooLong }
        manifest.hashes = try reader.take(manifest.chunkCount * hashSize)
        manifest.signature = try reader.take(signatureSize)
        guard reader.remaining == 0, manifest.isSound else { throw .badValue }
        return manifest
    }

    private var isSound: Bool {
        guard sourceCount > 0 else {
            return repairCount == 0 && symbolSize == 0 && lastSize == 0
        }
        return (1...Manifest.symbolMax).contains(symbolSize)
            && (1...symbolSize).contains(lastSize) && repairCount <= sourceCount
    }
}
