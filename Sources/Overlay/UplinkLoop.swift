import Basics

/// Keeps the uplink's queue short: decides how many seats the peer offers.
///
/// A seat is one stripe for one child. A peer starts with as many seats as the stream has stripes, one
/// copy of it, or three where its cap is known to carry them; they double per epoch while 80 % are used and
/// the children's round trips show a queue below 25 ms, and halve above 100 ms (DESIGN section 5). A cap set
/// by the user bounds them.
struct UplinkLoop: Sendable {
    private static let epoch = TimeSpan.seconds(1)
    static let queueShort = TimeSpan.milliseconds(25)
    static let queueLong = TimeSpan.milliseconds(100)
    /// Repair covers less than this; an uplink that is a tenth too small loses more.
    static let lossFull = 0.08
    private static let epochsTold = 3
    /// More than this no peer is asked to carry.
    static let seatsMax = 256

    private(set) var seats: Int
    private let seatsFirst: Int
    private(set) var queue = TimeSpan.zero
    /// The share of what we send that does not arrive, as the children tell.
    private(set) var loss = 0.0
    /// Whether people have been told that the uplink is full, and not yet that it has room again.
    private(set) var isToldFull = false
    private var epochsOtherwise = 0
    private(set) var lastAction = ""
    private(set) var nextDeadline: Instant
    private var bound = UplinkLoop.seatsMax
    /// As many seats as a capped uplink has proved to carry; nil while nothing ever waited long.
    private var proven: Int?
    private var epochsWaiting = 0
    private var epochsSmooth = 0
    /// Chunks that wait longer than this for a capped uplink come late to everybody below.
    private static let waitMax = TimeSpan.milliseconds(100)
    /// A queue that lasts for so many epochs is no burst.
    private static let waitingMax = 3
    /// Never less than this share of what the cap should carry: beyond it the cause is elsewhere.
    private static let provenMin = 0.75
    /// After so many epochs without one the uplink may prove to carry a seat more.
    private static let smoothMax = 6
    /// Seats of a capped peer that does not know the stream's rate yet (DESIGN section 5).
    private static let seatsUnknown = 2
    private(set) var isRateKnown = true
    /// Whether no epoch has ended yet: a cap that is measured later is no promise of the user's.
    private var isYoung = true
    /// The seats that the whole cap carries, with nothing left for anything else.
    private(set) var seatsFull = UplinkLoop.seatsMax

    init(stripeCount: Int, role: Role, at now: Instant) {
        seatsFirst = role == .source ? 8 * stripeCount : stripeCount
        seats = seatsFirst
        nextDeadline = now + UplinkLoop.epoch
    }

    /// Bounds the seats by the user's cap: 90 % of it, at the wire rate of one stripe.
    mutating func bound(cap: BitRate?, stripeWireRate: Double) {
        guard let cap else { return }
        let isFirst = !isRateKnown || isYoung
        isRateKnown = stripeWireRate > 0
        if isRateKnown { seatsFull = Int(Double(cap.bitsPerSecond) / stripeWireRate) }
        if cap.bitsPerSecond == 0 {
            bound = 0
        } else if isRateKnown {
            bound = Int(0.9 * Double(cap.bitsPerSecond) / stripeWireRate)
        } else {
            bound = UplinkLoop.seatsUnknown
        }
        // Who has told a cap is trusted with more, as soon as the cap can be counted in seats.
        seats = isFirst && isRateKnown ? min(bound, 3 * seatsFirst) : min(seats, bound)
        if seats == 0, bound > 0 { seats = 1 }
    }

    /// Whether more waits in the uplink than halving the seats should leave, or a shorter queue spills.
    ///
    /// Routers with a short buffer lose what does not fit before the queue is long. Loss alone may be
    /// the children's links.
    var isFull: Bool {
        queue > UplinkLoop.queueLong
            || queue > UplinkLoop.queueShort && loss >= UplinkLoop.lossFull
    }

    /// Takes in the queue that the children's round trips show, and the loss that they tell.
    mutating func observe(queue: TimeSpan, loss: Double) {
        self.queue = queue
        self.loss = loss
    }

    /// Takes in how long what waits for a capped uplink takes to leave, and adapts what it is believed to
    /// carry: a seat less where it lasts, a seat more after a while without.
    ///
    /// The cap is counted in seats at what a stripe usually costs; what is asked for, and control, come on
    /// top, and differ.
    private mutating func prove(waiting: TimeSpan, used: Int) {
        epochsWaiting = waiting > UplinkLoop.waitMax ? epochsWaiting + 1 : 0
        epochsSmooth = waiting > UplinkLoop.waitMax / 4 ? 0 : epochsSmooth + 1
        if epochsWaiting >= UplinkLoop.waitingMax {
            epochsWaiting = 0
            let least = Int((Double(bound) * UplinkLoop.provenMin).rounded(.up))
            let fewer = max(least, min(used, proven ?? bound) - 1)
            proven = fewer
            seats = min(seats, fewer)
            lastAction = "\(seats) seats: what is sent waits \(Int(waiting.milliseconds)) ms"
        } else if let proven, epochsSmooth >= UplinkLoop.smoothMax {
            epochsSmooth = 0
            self.proven = proven + 1 < bound ? proven + 1 : nil
        }
    }

    /// Decides anew, with the seats in use and the time that the queue for a capped uplink takes to leave.
    mutating func decide(used: Int, waiting: TimeSpan = .zero, at now: Instant) {
        nextDeadline = now + UplinkLoop.epoch
        isYoung = false
        noteSpell()
        prove(waiting: waiting, used: used)
        let bound = min(bound, proven ?? bound)
        if isFull, seats > 1 {
            seats = max(1, seats / 2)
            lastAction = "halved the seats to \(seats): the uplink queues"
        } else if queue < UplinkLoop.queueShort, used * 5 >= seats * 4, seats < bound {
            seats = min(bound, max(1, seats * 2))
            lastAction = "doubled the seats to \(seats)"
        }
    }

    /// People are told of a state that has lasted, not of every swing.
    private mutating func noteSpell() {
        let isOtherwise = isToldFull ? queue < UplinkLoop.queueShort : isFull
        epochsOtherwise = isOtherwise ? epochsOtherwise + 1 : 0
        guard epochsOtherwise >= UplinkLoop.epochsTold else { return }
        isToldFull.toggle()
        epochsOtherwise = 0
    }
}
