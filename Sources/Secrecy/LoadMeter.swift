import Basics

/// Counts events over about the last second: this second's and the part of the last one's that is
/// still within.
struct LoadMeter: Sendable {
    private static let second = TimeSpan.seconds(1)
    private var start = Instant.origin
    private var current = 0
    private var previous = 0

    /// Counts an event; returns how many there were within the last second, this one included.
    mutating func count(at now: Instant) -> Int {
        let age = now - start
        if age >= LoadMeter.second * 2 || age < .zero {
            (start, current, previous) = (now, 0, 0)
        } else if age >= LoadMeter.second {
            (start, current, previous) = (start + LoadMeter.second, 0, current)
        }
        current += 1
        let share = 1 - (now - start).seconds
        return current + Int(Double(previous) * share)
    }
}

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
