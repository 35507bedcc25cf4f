import Basics

/// Which share of the chunks push did not bring, now and before whatever is going on at present.
struct MissShare: Sendable {
    /// Chunks over which the share is smoothed: 4 s of a stream of 1 Mbit/s.
    private static let span = 400.0
    private static let interval = TimeSpan.seconds(1)

    /// The smoothed share, 0…1.
    private(set) var share = 0.0
    /// The share of one to two seconds ago: the misses of a parent's death do not count in it yet.
    private(set) var usual = 0.0
    private var next = 0.0
    private var rolledAt = Instant.origin

    /// Takes in a chunk: whether it had to be asked for.
    mutating func observe(wasMissed: Bool) {
        share += ((wasMissed ? 1 : 0) - share) / MissShare.span
    }

    /// Lets a second go by.
    mutating func roll(at now: Instant) {
        guard now - rolledAt >= MissShare.interval else { return }
        rolledAt = now
        usual = next
        next = share
    }
}
