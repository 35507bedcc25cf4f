public import Basics

/// Limits what is answered to strangers, per address: 20 a second, 5 at once (SECURITY 2.3).
public struct AnswerLimit: Sendable {
    private var buckets = LeastRecentTable<AddressKey, TokenBucket>(capacity: Gate.addressesMax)

    /// Has answered nobody yet.
    public init() {}

    /// Whether one more answer may go to an address; it counts as given.
    public mutating func allows(_ endpoint: Endpoint, at now: Instant) -> Bool {
        buckets.update(AddressKey(endpoint), initial: TokenBucket(at: now)) { $0.take(at: now) }
    }
}
