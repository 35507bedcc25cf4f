import Basics

/// Draws from the distributions of the churn models.
extension SeededRandom {
    /// A span of time from the exponential distribution.
    mutating func exponential(mean: Double) -> Double { -mean * Real.ln(1 - unit()) }

    /// A draw from the Pareto distribution: P(X > x) = (least ÷ x)^alpha.
    mutating func pareto(alpha: Double, least: Double) -> Double {
        least * Real.exp(-Real.ln(1 - unit()) / alpha)
    }

    /// A draw whose logarithm is normal with mean mu and deviation sigma.
    mutating func lognormal(mu: Double, sigma: Double) -> Double {
        Real.exp(mu + sigma * normal())
    }

    /// A standard normal draw, by the polar method (Marsaglia and Bray, 1964).
    ///
    /// Of the pairs tried 21 % miss the circle; after 64 misses in a row the mean is given.
    mutating func normal() -> Double {
        for _ in 0..<64 {
            let (x, y) = (2 * unit() - 1, 2 * unit() - 1)
            let square = x * x + y * y
            guard square < 1, square > 0 else { continue }
            return x * (-2 * Real.ln(square) / square).squareRoot()
        }
        return 0
    }
}

/// Logarithm and exponential in arithmetic alone, so that they are the same bits on every machine:
/// those of C libraries differ in the last place, and with them traces would.
enum Real {
    private static let ln2 = 0.693_147_180_559_945_3

    /// The natural logarithm of a positive number; the least finite number for anything else.
    static func ln(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return -Double.greatestFiniteMagnitude }
        // value = 2^e · m with m in [1, 2); ln m = 2 artanh((m − 1) ÷ (m + 1)), argument below 1/3.
        let ratio = (value.significand - 1) / (value.significand + 1)
        var (power, sum) = (ratio, 0.0)
        for odd in stride(from: 1.0, through: 35, by: 2) {
            sum += power / odd
            power *= ratio * ratio
        }
        return 2 * sum + Double(value.exponent) * ln2
    }

    /// The exponential function; 0 below −700 and e^700 above 700.
    static func exp(_ value: Double) -> Double {
        guard value > -700 else { return 0 }
        let clamped = min(700, value)
        let whole = (clamped / ln2).rounded()
        let rest = clamped - whole * ln2
        var (term, sum) = (1.0, 1.0)
        for step in 1...18 {
            term *= rest / Double(step)
            sum += term
        }
        return sum * Double(sign: .plus, exponent: Int(whole), significand: 1)
    }
}
