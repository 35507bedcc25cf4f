public import Basics
public import Wire

/// When the source sends the chunks of a block: one after the other over the time that its media takes.
///
/// Everybody can compute this from the manifest and the stream's rate, so a chunk counts as late from its own
/// time on and not from that of the last of its stripe (measured: with blocks of two rows a lost chunk
/// was missed 40 to 75 ms later without this).
public struct Departure: Sendable, Equatable {
    /// The longest time over which a block is spread: a key frame may be as large as a second of media.
    public static let spanMax = TimeSpan.milliseconds(250)

    /// When the source sealed the block, by its own clock.
    public let sentAt: Instant
    private let mediaBytes: Int
    private let chunkCount: Int

    /// Takes what a manifest says.
    public init(of manifest: Manifest) {
        sentAt = manifest.sentAt
        mediaBytes = manifest.mediaBytes
        chunkCount = max(1, manifest.chunkCount)
    }

    /// How long after the sealing a chunk is sent, at a rate of media in bits per second; 0 while the rate
    /// is unknown.
    public func pause(before index: Int, mediaRate: Double) -> TimeSpan {
        guard mediaRate >= 1 else { return .zero }
        let span = min(TimeSpan.seconds(Double(mediaBytes) * 8 / mediaRate), Departure.spanMax)
        return span * index / chunkCount
    }

    /// When a chunk is sent, by the source's clock.
    public func time(of index: Int, mediaRate: Double) -> Instant {
        sentAt + pause(before: index, mediaRate: mediaRate)
    }
}
