import Basics

/// Tokens that come at a steady rate up to a burst; a few bytes per address.
struct TokenBucket: Sendable {
    /// How many come in a second, and how many there are at most.
    struct Pace: Sendable {
        let interval: TimeSpan
        let burst: Int

        init(perSecond rate: Int, burst: Int) {
            interval = TimeSpan(nanoseconds: 1_000_000_000 / Int64(max(1, rate)))
            self.burst = burst
        }

        /// What an address may ask of us (SECURITY 2.3).
        static let questions = Pace(perSecond: Gate.addressRate, burst: Gate.addressBurst)
    }

    /// When the bucket was, or will be, empty; it fills by one token per interval since.
    private var emptyAt: Instant

    /// A full bucket.
    init(_ pace: Pace = .questions, at now: Instant) { emptyAt = now - pace.interval * pace.burst }

    /// Takes a token if there is one.
    mutating func take(_ pace: Pace = .questions, at now: Instant) -> Bool {
        let full = now - pace.interval * pace.burst
        let next = max(emptyAt, full) + pace.interval
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
