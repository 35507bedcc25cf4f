import Basics

/// What the checks of the swarm as a whole need to remember from one look to the next.
struct Inspector {
    /// How often the invariants of the swarm as a whole are looked at, in a small swarm.
    static let interval = TimeSpan.milliseconds(250)
    /// Up to this many viewers; in a larger swarm the looks are as much rarer, since each costs as much
    /// as all peers together.
    static let smallMax = 200
    /// A loop that stands longer than this is a violation.
    static let cycleMax = TimeSpan.seconds(1)
    /// A viewer that hands over nothing for longer than this is a violation.
    static let idleMax = TimeSpan.seconds(2)
    /// A viewer that has not begun to play for so long after joining counts as idle too.
    static let startMax = TimeSpan.seconds(5)
    /// In a crowd a viewer may wait in line for so long before that.
    static let lineMax = TimeSpan.seconds(60)
    /// One call of a core may ask for this many effects: a source's block of 64 chunks for 96 neighbours,
    /// and as much again.
    static let effectsMax = 12_288
    /// A machine has one live timer; of those that were replaced by earlier ones this many may wait.
    static let timersMax = 256
    /// Beyond its cap a peer may send what the bucket holds, which is 50 ms of the cap, and handshakes
    /// and control for a tenth of a second.
    static func allowance(_ cap: BitRate) -> Double {
        Double(cap.bitsPerSecond) / 8 * 0.05 + 16_000
    }

    /// Since when a stripe has a loop through a machine, the least in the loop: by stripe and machine.
    var cycles: [UInt64: Instant] = [:]
    /// Viewers whose idleness has been noted, until they play again.
    var idle: [Int: Bool] = [:]
    /// Machines whose excess or timers have been noted.
    var noted: [Int: Bool] = [:]
    /// Packets that each viewer had skipped when everything was to be well again.
    var skipped: [Int: Int] = [:]
    /// When the last fault was over, as far as was known at the last look.
    var settledFrom = Instant.origin
    /// When the source or the network last gave viewers a reason to be idle.
    var excusedUntil = Instant.origin
    /// Who feeds whom, at the last look: per stripe, per machine; -1 for nobody.
    var tree: [[Int]] = []
}
