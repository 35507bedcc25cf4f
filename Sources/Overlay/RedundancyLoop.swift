import Basics

/// Keeps the lag that losses cost small: decides how many repair chunks the source adds.
///
/// One loss costs its viewer the time to notice it and a round trip to mend it. With repair chunks it
/// costs nothing, but every viewer pays their bytes. So the loop takes the fewest repair chunks per row
/// whose expected cost, P(more lost in a row than they mend) × (detection + round trip), keeps a bound.
struct RedundancyLoop: Sendable {
    /// Time to notice a loss: the guard over a stripe's usual lateness, and half of its spread.
    private static let detection = TimeSpan.milliseconds(30)
    /// The largest expected cost per row, in seconds.
    private static let costMax = 0.015
    /// Above this expected cost of a lost manifest, in seconds per block, every manifest goes twice: a
    /// copy is 3 % of the wire, so where a round trip is short asking again is better.
    private static let manifestCostMax = 0.003
    /// Repair chunks go when the cost without them is below this share of the bound.
    private static let release = 0.5
    /// The most repair chunks per row that the loop adds by itself.
    private static let repairMax = 2

    private(set) var repairPerRow = 0
    /// As many repair chunks per row as the swarm's uplinks can carry.
    private var affordable = RedundancyLoop.repairMax
    /// Whether uplinks can carry every manifest twice (measured with 1,000 viewers of 1.25 times the need and 1 %
    /// loss: .974 of all chunks in time with doubled manifests, .985 with single ones).
    private var canDoubleManifests = true
    private(set) var doublesManifests = false
    private(set) var cost = 0.0
    private(set) var missed = 0.0
    private(set) var lastAction = ""
    private var costs: [Double] = [0, 0, 0]
    private var manifestCost = 0.0
    private var heldUntil = Instant.origin
    private(set) var nextDeadline: Instant

    private var exceededCount = 0
    /// A cost above the bound counts from the second time on: swarms that form miss chunks, too.
    private static let patience = 2

    init(at now: Instant) { nextDeadline = now + .seconds(8) }

    /// Takes in the seats that the swarm has to spare, as a share of its need, beside the repair chunks of
    /// today.
    ///
    /// Repair chunks cost every uplink their share: where uplinks are full already, each would displace
    /// a chunk of the stream.
    mutating func observe(spare: Double, row: Int) {
        canDoubleManifests = spare >= TrackerTie.spareLittle
        let price = 1 / Double(row)
        let more = (spare / price / 2).rounded(.down)
        affordable = max(
            0,
            min(RedundancyLoop.repairMax, repairPerRow + Int(max(-9, min(9, more))))
        )
    }

    /// Takes in the worst share of chunks that push did not bring, the longest round trip, and the
    /// chunks of a row.
    mutating func observe(missed share: Double, roundTrip: TimeSpan, row: Int) {
        // A rise counts at once, a fall slowly: loss comes in bursts.
        missed = share > missed ? missed + (share - missed) * 0.5 : missed + (share - missed) * 0.1
        let price = (RedundancyLoop.detection + roundTrip).seconds
        costs = (0...RedundancyLoop.repairMax).map {
            Binomial.tail(above: $0, of: row, each: min(0.5, missed)) * price
        }
        cost = costs[repairPerRow]
        manifestCost = min(0.5, missed) * price
    }

    /// Whether there are as many repair chunks as there may be, and they are not enough.
    var isAtLimit: Bool {
        repairPerRow == RedundancyLoop.repairMax && cost > RedundancyLoop.costMax
    }

    mutating func decide(at now: Instant) {
        nextDeadline = now + .seconds(1)
        doublesManifests = canDoubleManifests && manifestCost > RedundancyLoop.manifestCostMax
        let bound = RedundancyLoop.costMax
        let wanted = min(affordable, costs.firstIndex { $0 <= bound } ?? RedundancyLoop.repairMax)
        exceededCount = wanted > repairPerRow ? exceededCount + 1 : 0
        if exceededCount >= RedundancyLoop.patience {
            exceededCount = 0
            repairPerRow = wanted
            heldUntil = now + .seconds(10)
            lastAction = "\(wanted) repair chunks per row"
        } else if repairPerRow > affordable {
            repairPerRow = affordable
            lastAction = "back to \(affordable) repair chunks per row: the uplinks are full"
        } else if repairPerRow > 0, now > heldUntil,
            costs[repairPerRow - 1] < bound * RedundancyLoop.release
        {
            repairPerRow -= 1
            lastAction = "back to \(repairPerRow) repair chunks per row"
        }
    }
}

/// Tails of the binomial distribution, without the mathematics library.
enum Binomial {
    /// The probability of more than `count` hits in `trials`, each with probability `each`.
    static func tail(above count: Int, of trials: Int, each: Double) -> Double {
        guard trials > count, each > 0 else { return 0 }
        var term = (0..<trials).reduce(1.0) { result, _ in result * (1 - each) }
        var sum = term
        for hits in 1...max(1, count) where hits <= count {
            term *= Double(trials - hits + 1) / Double(hits) * each / (1 - each)
            sum += term
        }
        return max(0, 1 - sum)
    }
}
