public import Basics

/// Limits what is answered to strangers, per address: 20 a second, 5 at once (SECURITY 2.3).
///
/// Nothing is answered with more bytes than it brought, before its sender is validated, with one exception:
/// an ordinary client's Binding request has 20 or 28 bytes, and the shortest answer 32 (RFC 8489 section 14.2).
/// Such answers are few, so that whoever forges an address has it sent 24 bytes a second more than by
/// himself.
public struct AnswerLimit: Sendable {
    private static let longer = TokenBucket.Pace(perSecond: 1, burst: 5)

    private var buckets = LeastRecentTable<AddressKey, TokenBucket>(capacity: Gate.addressesMax)
    private var longerBuckets = LeastRecentTable<AddressKey, TokenBucket>(
        capacity: Gate.addressesMax
    )

    /// Has answered nobody yet.
    public init() {}

    /// Whether one more answer may go to an address; it counts as given.
    public mutating func allows(_ endpoint: Endpoint, at now: Instant) -> Bool {
        buckets.update(AddressKey(endpoint), initial: TokenBucket(at: now)) { $0.take(at: now) }
    }

    /// Whether an answer to an address may be longer than its question: one a second, 5 at once.
    public mutating func allowsLonger(_ endpoint: Endpoint, at now: Instant) -> Bool {
        let pace = AnswerLimit.longer
        return longerBuckets.update(AddressKey(endpoint), initial: TokenBucket(pace, at: now)) {
            $0.take(pace, at: now)
        }
    }
}
