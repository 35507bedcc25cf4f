public import Basics

/// What the network between the machines does to datagrams.
///
/// Every machine has a place on a plane, drawn by the seed. The delay between two machines is a part that
/// all have in common, and a part in proportion to their distance: a metric, the same both ways and
/// with the triangle inequality, as network coordinates have it (Vivaldi: Dabek, Cox, Kaashoek,
/// Morris, SIGCOMM 2004).
public struct NetworkModel: Sendable, Equatable {
    /// The mean one-way delay over all pairs of machines.
    public var delay = TimeSpan.milliseconds(20)
    /// The share of the mean that depends on the distance, 0…1.
    public var delaySpread = 0.5
    /// Every datagram is delayed by up to this in addition; datagrams may overtake each other.
    public var jitter = TimeSpan.milliseconds(2)
    /// The share of datagrams that are lost, independently of each other.
    public var loss = 0.0
    /// Losses that come in bursts, besides the independent ones.
    public var burst: BurstLoss?
    /// The share of datagrams that are held back, so that others overtake them.
    public var reorder = 0.0
    /// How long those are held back.
    public var reorderBy = TimeSpan.milliseconds(30)
    /// The share of datagrams that arrive twice.
    public var duplicate = 0.0
    /// The share of datagrams of which a bit is flipped.
    public var corrupt = 0.0

    /// 20 ms one way, 10 to 38 ms between pairs, 2 ms of jitter, no loss.
    public init() {}

    /// The mean distance of two random points of the unit square (Ghosh, 1951):
    /// (2 + √2 + 5 ln(1 + √2)) ÷ 15.
    static let meanDistance = 0.521_405_433

    /// No datagram between two machines takes less.
    var delayMin: TimeSpan { delay(factor: 1 - delaySpread) }

    /// The one-way delay between two places.
    func delay(from one: Place, to other: Place) -> TimeSpan {
        let (dx, dy) = (one.x - other.x, one.y - other.y)
        let distance = (dx * dx + dy * dy).squareRoot() / NetworkModel.meanDistance
        let factor = 1 - delaySpread + delaySpread * distance
        return delay(factor: factor)
    }

    private func delay(factor: Double) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(Double(delay.nanoseconds) * factor))
    }
}

/// Losses in bursts (Gilbert 1960, Elliott 1963): a machine's downlink is good or bad, and changes
/// from datagram to datagram; while it is bad everything is lost.
public struct BurstLoss: Sendable, Equatable {
    /// The share of datagrams that are lost, in the long run.
    public var share: Double
    /// The mean number of datagrams lost in a row.
    public var length: Double

    /// Makes a model; `share` below 1, `length` at least 1.
    public init(share: Double, length: Double) {
        self.share = share
        self.length = length
    }

    /// The state of one link.
    struct Chain {
        private var isBad = false

        /// Moves on by a datagram; true when it is lost.
        mutating func loses(_ model: BurstLoss, _ random: inout SeededRandom) -> Bool {
            let recovery = 1 / max(1, model.length)
            let decay = recovery * model.share / max(1e-9, 1 - model.share)
            isBad = random.unit() < (isBad ? 1 - recovery : decay)
            return isBad
        }
    }
}

/// Where a machine is: a point of the unit square.
struct Place: Sendable {
    var x: Double
    var y: Double

    init(_ random: inout SeededRandom) {
        x = random.unit()
        y = random.unit()
    }
}
