import Basics

/// Tokens that come at a steady rate up to a burst; a few bytes per address.
struct TokenBucket: Sendable {
    private static let interval = TimeSpan(nanoseconds: 1_000_000_000 / Int64(Gate.addressRate))
    /// When the bucket was, or will be, empty; it fills by one token per interval since.
    private var emptyAt: Instant

    /// A full bucket.
    init(at now: Instant) { emptyAt = now - TokenBucket.interval * Gate.addressBurst }

    /// Takes a token if there is one.
    mutating func take(at now: Instant) -> Bool {
        let full = now - TokenBucket.interval * Gate.addressBurst
        let next = max(emptyAt, full) + TokenBucket.interval
        guard next <= now else { return false }
        emptyAt = next
        return true
    }
}

/// Whom a token bucket is for: an IPv4 address, or the /64 of an IPv6 address.
struct AddressKey: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(_ endpoint: Endpoint) {
        high = endpoint.high
        low = endpoint.ipv4 == nil ? 0 : endpoint.low
    }
}
