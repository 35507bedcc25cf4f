import Basics

/// Keeps the lag that losses cost small: decides how many repair chunks the source adds.
///
/// One loss costs its viewer the time to notice it and a round trip to mend it. With repair chunks it
/// costs nothing, but every viewer pays their bytes. So the loop weighs the expected cost,
/// P(block incomplete) × (detection + round trip), against a bound, with hysteresis.
struct RedundancyLoop: Sendable {
    /// Time to notice a loss: the guard over a stripe's usual lateness, and half of its spread.
    private static let detection = TimeSpan.milliseconds(30)
    /// Above this expected cost repair chunks pay.
    private static let costMax = 0.018
    /// Below this share of the bound they go again.
    private static let release = 0.5

    private(set) var repairPerRow = 0
    private(set) var doublesManifests = false
    private(set) var cost = 0.0
    private(set) var missed = 0.0
    private(set) var lastAction = ""
    private var heldUntil = Instant.origin
    private(set) var nextDeadline: Instant

    init(at now: Instant) { nextDeadline = now + .seconds(1) }

    /// Takes in the worst share of chunks that push did not bring, and the longest round trip.
    mutating func observe(missed share: Double, roundTrip: TimeSpan, blockChunks: Int) {
        // A rise counts at once, a fall slowly: loss comes in bursts.
        missed = share > missed ? missed + (share - missed) * 0.5 : missed + (share - missed) * 0.1
        let incomplete = 1 - Power.integer(1 - min(0.5, missed), max(1, blockChunks))
        cost = incomplete * (RedundancyLoop.detection + roundTrip).seconds
    }

    mutating func decide(at now: Instant) {
        nextDeadline = now + .seconds(1)
        doublesManifests = missed > 0.005
        if repairPerRow == 0, cost > RedundancyLoop.costMax {
            repairPerRow = 1
            heldUntil = now + .seconds(10)
            lastAction = "added a repair chunk per row"
        } else if repairPerRow == 1, now > heldUntil,
            cost < RedundancyLoop.costMax * RedundancyLoop.release
        {
            repairPerRow = 0
            lastAction = "took the repair chunks out"
        }
    }
}

/// Integer powers without the mathematics library.
enum Power {
    static func integer(_ base: Double, _ exponent: Int) -> Double {
        (0..<max(0, exponent)).reduce(1.0) { result, _ in result * base }
    }
}
