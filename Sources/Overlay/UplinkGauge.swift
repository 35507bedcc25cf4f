import Basics

/// Measures what an uplink carries that nobody has told the capacity of, once it overflows.
///
/// Seats bound what is pushed, but what is lost in a full uplink is asked for again, and what is sent then
/// is lost as well: a source with an uplink of five streams sent nine of them, for as long as it lived
/// (measured with 16 viewers). So what arrives while the uplink overflows is its capacity, and from then on the
/// peer sends no faster, as if its user had set a cap. Where sending less has twice not lost less, it is the
/// path that loses. The cap grows slowly while it is used in full and nothing queues, in case that the uplink
/// carries more by now.
struct UplinkGauge: Sendable {
    /// Sending less has helped when less than this share of the losses is left.
    private static let lossLeft = 0.7
    /// So many times in a row it has not helped before the path is blamed.
    private static let failuresMax = 2
    /// What arrives, less some room for the queue to drain.
    ///
    /// With 0.85, or after 2 s rather than 3, a crowd of
    /// viewers with uplinks of 1.5 streams fares no better (measured).
    private static let share = 0.95
    /// The children's words are a second old, and the queue needs time to drain.
    private static let pause = TimeSpan.seconds(3)
    /// By how much the cap grows per second.
    private static let growth = 1.04
    /// A cap that is used by less than this need not grow.
    private static let usedFull = 0.8
    /// No uplink is believed to carry less, in bits per second.
    private static let rateLeast: Int64 = 100_000

    /// What the uplink carries, in wire bits per second; nil while it has never overflowed.
    private(set) var cap: BitRate?
    private var before: (bytes: Int, at: Instant)?
    private var judgeAt = Instant.origin
    /// What the path loses, however little is sent.
    private var lossOfPath = 0.0
    /// The losses before the cap was lowered, until it is known whether that has helped.
    private var lossBefore: Double?
    private var failures = 0

    /// Takes in how many wire bytes have been sent in all, which share of them was lost lately, and the
    /// queue as round trips show it: a typical child's, and that of the child that sees most of it; tells
    /// whether the cap is another now.
    ///
    /// Where no child sees a long queue it is not the uplink that loses. Who comes while the queue is full
    /// takes it for its path's delay, so that the median shows none.
    mutating func observe(
        bytes: Int,
        loss: Double,
        queue: TimeSpan,
        queueMost: TimeSpan,
        at now: Instant
    ) -> Bool {
        defer { before = (bytes, now) }
        guard let before, now > before.at else { return false }
        let sent = Double(bytes - before.bytes) * 8 / (now - before.at).seconds
        guard now >= judgeAt else { return false }
        lossOfPath = min(lossOfPath, loss)
        judgeTrial(loss: loss)
        if loss - lossOfPath >= UplinkLoop.lossFull, queueMost > UplinkLoop.queueLong {
            lower(sent: sent, loss: loss, at: now)
            return true
        }
        // On a path that loses so much round trips say little about queues.
        guard let known = cap, queue <= UplinkLoop.queueShort || lossOfPath > 0,
            sent >= UplinkGauge.usedFull * Double(known.bitsPerSecond)
        else { return false }
        cap = BitRate(bitsPerSecond: Int64(Double(known.bitsPerSecond) * UplinkGauge.growth))
        return true
    }

    private mutating func judgeTrial(loss: Double) {
        guard let lossBefore else { return }
        self.lossBefore = nil
        failures = loss > lossBefore * UplinkGauge.lossLeft ? failures + 1 : 0
        guard failures >= UplinkGauge.failuresMax else { return }
        failures = 0
        lossOfPath = loss
    }

    /// What was not lost here is what the uplink carries.
    private mutating func lower(sent: Double, loss: Double, at now: Instant) {
        judgeAt = now + UplinkGauge.pause
        lossBefore = loss
        let arrived = Int64(sent * (1 - (loss - lossOfPath)) * UplinkGauge.share)
        cap = BitRate(bitsPerSecond: max(UplinkGauge.rateLeast, arrived))
    }
}
