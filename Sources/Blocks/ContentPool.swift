import Basics
import Wire

/// Verified content that the stores of many peers in one process share: equal chunks are kept once,
/// and hashes and signatures are computed once.
///
/// Every peer still compares what it gets with what was verified, byte by byte, and so comes to the same
/// verdict as it would by itself. For simulations: it makes the media of a thousand peers as large as
/// that of one.
///
/// All peers of a pool must be called from one thread, as those of a simulation are. This is why it can be
/// `@unchecked Sendable`, which the values that carry it ask for: it moves between threads only together
/// with the whole simulation.
public final class ContentPool: @unchecked Sendable {
    /// As many blocks as one store holds; older ones are verified anew.
    private static let blocksMax = 1_024

    /// By block number modulo the size.
    private var blocks = [BlockContent?](repeating: nil, count: blocksMax)
    private var signed = [Signed?](repeating: nil, count: blocksMax)

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
        if let known = blocks[at], known.bytes == bytes { return known }
        let fresh = BlockContent(manifest, bytes, .shared)
        blocks[at] = fresh
        return fresh
    }

    /// Whether a manifest is signed, which `check` finds out unless it is known.
    func isSigned(
        _ manifest: Manifest,
        _ bytes: Bytes,
        by signer: (channel: ChannelID, key: Bytes),
        check: () -> Bool
    ) -> Bool {
        let at = ContentPool.place(manifest)
        if let known = signed[at], known.channel == signer.channel, known.key == signer.key,
            known.bytes == bytes
        {
            return true
        }
        guard check() else { return false }
        signed[at] = Signed(bytes: bytes, channel: signer.channel, key: signer.key)
        return true
    }

    private static func place(_ manifest: Manifest) -> Int { Int(manifest.block) % blocksMax }
}
