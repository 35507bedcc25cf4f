public import Basics

/// How viewers come and go by themselves: the models C1 to C4 of SECURITY section 3.
///
/// The others are single blows, which scenarios write as entries of the time line. While a model
/// acts, every viewer's stay is drawn from it, and new viewers come as a Poisson process whose rate
/// keeps the audience as large as it was (Little's law). Half of those who go say goodbye.
public struct Churn: Sendable, Equatable {
    /// How long viewers stay.
    public enum Stay: Sendable, Equatable {
        /// Exponential with a mean in seconds: C1 with 300 s; C2 with 100 s, the harshest of
        /// CoolStreaming (Zhang et al., INFOCOM 2005).
        case exponential(mean: Double)
        /// Pareto with exponent and least value in seconds: C3 with 1.5 and 20 s.
        case pareto(alpha: Double, least: Double)
        /// Log-normal with a median in seconds and a deviation: C4 with 240 s and 1.5.
        case lognormal(median: Double, sigma: Double)
    }

    /// How long they stay.
    public var stay: Stay
    /// When coming and going begins, after the start of the run.
    public var from = TimeSpan.seconds(5)
    /// When it ends; nil for never.
    public var until: TimeSpan?

    /// Makes a model that acts from 5 s on.
    public init(_ stay: Stay) { self.stay = stay }

    /// The share of those who go that say goodbye.
    static let politeShare = 0.5

    /// The mean stay in seconds.
    var mean: Double {
        switch stay {
        case .exponential(let mean): mean
        case .pareto(let alpha, let least): alpha * least / max(0.01, alpha - 1)
        case .lognormal(let median, let sigma): median * Real.exp(sigma * sigma / 2)
        }
    }

    /// Draws a stay.
    func draw(_ random: inout SeededRandom) -> TimeSpan {
        let seconds =
            switch stay {
            case .exponential(let mean): random.exponential(mean: mean)
            case .pareto(let alpha, let least): random.pareto(alpha: alpha, least: least)
            case .lognormal(let median, let sigma):
                random.lognormal(mu: Real.ln(median), sigma: sigma)
            }
        return .seconds(max(0.01, seconds))
    }

    /// Whether it acts at a time after the start.
    func acts(at span: TimeSpan) -> Bool {
        span >= from && span < until ?? TimeSpan(nanoseconds: .max)
    }
}
