import Basics

/// How many children a peer should have in one stripe.
///
/// A chunk goes to one child after the other, so a wide peer makes the last of them wait; a narrow
/// one makes the tree deep. The width that minimises (delay + f·τ/2) / ln f, the time per factor
/// of growth, is the best compromise; τ is the time to send one chunk.
enum FanOut {
    /// The one-way delay that a hop is assumed to have: typical of a continent's access networks.
    private static let delay = TimeSpan.milliseconds(30)
    /// The bytes of a full chunk: six transport stream packets of 188 bytes.
    private static let chunkBytes = 1_128
    /// No peer is ever planned to be wider than this while there is another way.
    private static let widthMax = 64

    /// The best width of a peer whose uplink carries `seats` copies of a stripe, at most `seats`.
    static func best(seats: Int, stripeRate: BitRate) -> Int {
        guard seats > 2, stripeRate.bitsPerSecond > 0 else { return seats }
        let interval = stripeRate.span(ofBytes: chunkBytes).seconds
        let sending = interval / Double(seats)
        var best = 2
        var costBest = cost(width: 2, sending: sending)
        for width in 3...max(3, min(seats, widthMax)) {
            let cost = cost(width: width, sending: sending)
            guard cost < costBest else { break }
            best = width
            costBest = cost
        }
        return best
    }

    private static func cost(width: Int, sending: Double) -> Double {
        (delay.seconds + Double(width) * sending / 2) / logarithm(Double(width))
    }

    /// ln x for x ≥ 1, as e·ln 2 + 2·artanh((m − 1) / (m + 1)) with x = m·2^e and 1 ≤ m < 2.
    ///
    /// The terms shrink by a factor of at least 9, so twelve of them exhaust a `Double`'s use here.
    static func logarithm(_ x: Double) -> Double {
        let ratio = (x.significand - 1) / (x.significand + 1)
        var power = ratio
        var sum = 0.0
        for term in 0..<12 {
            sum += power / Double(2 * term + 1)
            power *= ratio * ratio
        }
        return Double(x.exponent) * 0.693_147_180_559_945_3 + 2 * sum
    }
}
