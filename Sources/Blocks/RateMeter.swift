import Basics

/// Measures the rate of a stream that may arrive in bursts.
struct RateMeter: Sendable {
    /// Long enough to even out one group of pictures and a muxer's bursts.
    private static let window = TimeSpan.seconds(1)
    /// Silence longer than this is an encoder's gap and not a low rate.
    private static let gapMax = TimeSpan.milliseconds(500)

    /// The smoothed rate; nil during the first second.
    private(set) var rate: BitRate?
    private var bytes = 0
    private var since: Instant?
    private var last = Instant.origin

    /// Counts bytes.
    mutating func add(_ count: Int, at now: Instant) {
        guard let start = since, now - last <= RateMeter.gapMax else { return restart(count, now) }
        last = now
        let elapsed = now - start
        guard elapsed >= RateMeter.window else {
            bytes += count
            return
        }
        let sample = Double(bytes) * 8 / elapsed.seconds
        let before = Double(rate?.bitsPerSecond ?? Int64(sample))
        rate = BitRate(bitsPerSecond: Int64(before + (sample - before) / 4))
        restart(count, now)
    }

    private mutating func restart(_ count: Int, _ now: Instant) {
        bytes = count
        since = now
        last = now
    }
}
