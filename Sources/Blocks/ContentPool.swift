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
    /// By block number modulo the size.
    private var blocks: [BlockContent?]
    private var signed: [Signed?]

    /// A manifest whose signature was good.
    private struct Signed: Sendable {
        var bytes: Bytes
        var channel: ChannelID
        var key: Bytes
    }

    /// Makes an empty pool for the newest `blocksMax` blocks, by default as many as one store holds; older
    /// ones are verified anew.
    public init(blocksMax: Int = 1_024) {
        blocks = Array(repeating: nil, count: max(1, blocksMax))
        signed = Array(repeating: nil, count: max(1, blocksMax))
    }

    /// The one object for all blocks with the same manifest.
    func content(_ manifest: Manifest, _ bytes: Bytes) -> BlockContent {
        let at = place(manifest)
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
        let at = place(manifest)
        if let known = signed[at], known.channel == signer.channel, known.key == signer.key,
            known.bytes == bytes
        {
            return true
        }
        guard check() else { return false }
        signed[at] = Signed(bytes: bytes, channel: signer.channel, key: signer.key)
        return true
    }

    private func place(_ manifest: Manifest) -> Int { Int(manifest.block) % blocks.count }
}
