import Basics

/// The fingerprint of a run: FNV-1a with 64 bits over every event, in order.
///
/// Offset basis and prime are those of Fowler, Noll and Vo (IETF draft-eastlake-fnv, section 5).
struct Trace: Sendable {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var count = 0

    /// What an event was.
    enum Kind: UInt8, Sendable {
        case arrival = 1
        case timer
        case publish
        case fault
        case join
        case delivery
    }

    mutating func note(_ kind: Kind, _ machine: Int, size: Int, from: Int, at now: Instant) {
        count += 1
        mix(UInt64(bitPattern: now.nanoseconds), bytes: 8)
        mix(UInt64(kind.rawValue), bytes: 1)
        mix(UInt64(truncatingIfNeeded: machine), bytes: 4)
        mix(UInt64(truncatingIfNeeded: size), bytes: 3)
        mix(UInt64(truncatingIfNeeded: from), bytes: 4)
    }

    private mutating func mix(_ word: UInt64, bytes: Int) {
        var rest = word
        for _ in 0..<bytes {
            hash = (hash ^ rest & 0xFF) &* 0x0000_0100_0000_01B3
            rest >>= 8
        }
    }
}
