/// A rate of data, in bits per second.
public struct BitRate: Hashable, Comparable, Sendable {
    /// Bits per second.
    public var bitsPerSecond: Int64

    /// Makes a rate from bits per second.
    public init(bitsPerSecond: Int64) { self.bitsPerSecond = bitsPerSecond }

    /// A number of kilobits (1,000 bits) per second.
    public static func kilobits(_ count: Int) -> BitRate {
        BitRate(bitsPerSecond: Int64(count) * 1_000)
    }
    /// A number of megabits (1,000,000 bits) per second.
    public static func megabits(_ count: Double) -> BitRate {
        BitRate(bitsPerSecond: Int64(count * 1e6))
    }
    /// Whether the left rate is lower.
    public static func < (left: BitRate, right: BitRate) -> Bool {
        left.bitsPerSecond < right.bitsPerSecond
    }

    /// How long a number of bytes take at this rate; at least one nanosecond.
    public func span(ofBytes count: Int) -> TimeSpan {
        let seconds = Double(count) * 8 / Double(max(1, bitsPerSecond))
        return max(TimeSpan(nanoseconds: 1), .seconds(seconds))
    }

    /// Parses `5M`, `800k`, `1.5M` or `96000`, in bits per second; nil for anything else,
    /// also for a rate below 1 bit/s or above 100 Gbit/s.
    public init?(parsing text: String) {
        var digits = Substring(text)
        var factor = 1.0
        switch digits.last {
        case "k", "K": factor = 1e3
        case "m", "M": factor = 1e6
        case "g", "G": factor = 1e9
        default: break
        }
        if factor > 1 { digits = digits.dropLast() }
        let allowed = digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard allowed, let number = Double(digits), number.isFinite else { return nil }
        let rate = number * factor
        guard rate >= 1, rate <= 1e11 else { return nil }
        self.init(bitsPerSecond: Int64(rate))
    }
}
