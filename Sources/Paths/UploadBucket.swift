public import Basics

/// The hard cap of an uplink: a token bucket in wire bytes.
///
/// Control is charged but never waits, so that a full uplink does not look like a dead peer; data waits
/// until the bucket is positive again.
public struct UploadBucket: Sendable {
    /// Bytes per second; nil for no cap.
    public private(set) var rate: BitRate?
    private let holding: TimeSpan
    private var depth: Double
    private var level: Double
    private var filledAt: Instant

    /// What a queue at the uplink may hold without being felt.
    public static let unfelt = TimeSpan.milliseconds(50)

    /// A full bucket that holds so much time of its rate, at least two datagrams.
    public init(rate: BitRate?, holding span: TimeSpan = UploadBucket.unfelt, at now: Instant) {
        self.rate = rate
        holding = span
        depth = UploadBucket.depth(rate, holding: span)
        level = depth
        filledAt = now
    }

    private static func depth(_ rate: BitRate?, holding span: TimeSpan) -> Double {
        max(2_500, Double(rate?.bitsPerSecond ?? 0) / 8 * span.seconds)
    }

    /// Fills at another rate from now on; what has been taken stays taken.
    public mutating func change(rate: BitRate?, at now: Instant) {
        fill(to: now)
        self.rate = rate
        depth = UploadBucket.depth(rate, holding: holding)
        level = min(level, depth)
        filledAt = max(filledAt, now)
    }

    /// Takes bytes out, also below zero.
    public mutating func charge(_ count: Int, at now: Instant) {
        guard rate != nil else { return }
        fill(to: now)
        level -= Double(count)
    }

    /// When data may be sent: now or later.
    public mutating func readyAt(_ now: Instant) -> Instant {
        guard let rate else { return now }
        fill(to: now)
        guard level < 0 else { return now }
        return now + rate.span(ofBytes: Int(-level) + 1)
    }

    private mutating func fill(to now: Instant) {
        guard let rate, now > filledAt else { return }
        let gained = (now - filledAt).seconds * Double(rate.bitsPerSecond) / 8
        level = min(depth, level + gained)
        filledAt = now
    }
}
