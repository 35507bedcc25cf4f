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
    /// How often the source may still be asked at once: a parent's death costs about ten chunks.
    private var alarms = alarmsFirst
    private static let alarmsMax = 10.0
    /// So many from the start: a parent may die in the first seconds.
    private static let alarmsFirst = 4.0
    /// Alarms gained per second; with more, a crowd behind a thin uplink of the source asks it to death
    /// (measured: 16 viewers behind 5 Mbit/s).
    private static let alarmRate = 0.5
    /// Below this share a miss and a silent parent mean that the parent is dead rather than that a datagram
    /// was lost.
    private static let rare = 0.006
    /// Below this share two peers are asked at once: it adds at most as much to what they send.
    private static let uncommon = 0.012

    /// Takes in a chunk: whether it had to be asked for.
    mutating func observe(wasMissed: Bool) {
        share += ((wasMissed ? 1 : 0) - share) / MissShare.span
    }

    /// Lets a second go by.
    mutating func roll(at now: Instant) {
        guard now - rolledAt >= MissShare.interval else { return }
        alarms = min(MissShare.alarmsMax, alarms + MissShare.alarmRate)
        rolledAt = now
        usual = next
        next = share
    }

    /// Whether misses are so rare that this one is alarming.
    var isAlarming: Bool { usual < MissShare.rare && alarms >= 1 }

    /// Whether misses are rare enough to ask a second peer at once.
    ///
    /// That costs the swarm a chunk's bytes for each such miss, and the source nothing.
    var isWorrying: Bool { usual < MissShare.uncommon }

    /// Uses up one alarm.
    mutating func alarm() { alarms = max(0, alarms - 1) }
}
