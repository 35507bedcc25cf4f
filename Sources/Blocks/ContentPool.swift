import Basics
import Synchronization
import Wire

/// Verified content that the stores of many peers in one process share: equal chunks are kept once,
/// and hashes and signatures are computed once.
///
/// Every peer still compares what it gets with what was verified, byte by byte, and so comes to the same
/// verdict as it would by itself. For simulations: it makes the media of a thousand peers as large as
/// that of one.
public final class ContentPool: Sendable {
    /// As many blocks as one store holds; older ones are verified anew.
    private static let blocksMax = 1_024

    /// By block number modulo the size.
    private let blocks = Mutex<[BlockContent?]>(Array(repeating: nil, count: blocksMax))
    private let signed = Mutex<[Signed?]>(Array(repeating: nil, count: blocksMax))

    /// A manifest whose signature was good.
    private struct Signed: Sendable {
        var bytes: Bytes
        var channel: ChannelID
        var key: Bytes
    }

    /// Makes an empty pool.
    public init() {}

    /// The one object for all blocks with the same manifest.
    func content(_ manifest: Manifest, _ bytes: Bytes) -> BlockContent {
        let at = ContentPool.place(manifest)
        return blocks.withLock { blocks in
            if let known = blocks[at], known.bytes == bytes { return known }
            let fresh = BlockContent(manifest, bytes, .shared)
            blocks[at] = fresh
            return fresh
        }
    }

    /// Whether a manifest is signed, which `check` finds out unless it is known.
    func isSigned(
        _ manifest: Manifest,
        _ bytes: Bytes,
        by signer: (channel: ChannelID, key: Bytes),
        check: () -> Bool
    ) -> Bool {
        let at = ContentPool.place(manifest)
        let isKnown = signed.withLock { signed in
            guard let known = signed[at] else { return false }
            return known.channel == signer.channel && known.key == signer.key
                && known.bytes == bytes
        }
        if isKnown { return true }
        guard check() else { return false }
        let fresh = Signed(bytes: bytes, channel: signer.channel, key: signer.key)
        signed.withLock { $0[at] = fresh }
        return true
    }

    private static func place(_ manifest: Manifest) -> Int { Int(manifest.block) % blocksMax }
}
