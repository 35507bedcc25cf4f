public import Telemetry

/// A measure over viewers where more is better: the mean, the hundredth worst, and the worst.
public struct Distribution: Codable, Sendable, Equatable {
    /// The mean over the viewers.
    @OrNull public var mean: Double?
    /// The first percentile (nearest rank).
    @OrNull public var p1: Double?
    /// The worst viewer.
    @OrNull public var worst: Double?

    /// Makes an unknown distribution.
    public init() {}

    /// The distribution of some values; unknown when there are none.
    public init(of values: [Double]) {
        let sorted = values.sorted()
        guard let least = sorted.first else { return }
        mean = sorted.reduce(0, +) / Double(sorted.count)
        p1 = sorted[max(0, Int((0.01 * Double(sorted.count)).rounded(.up)) - 1)]
        worst = least
    }
}
