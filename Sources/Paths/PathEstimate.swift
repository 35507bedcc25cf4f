public import Basics

/// What is known of the way to a neighbour: the round trip and its variation.
///
/// The estimator is that of RFC 6298 section 2: gains 1/8 and 1/4.
public struct PathEstimate: Sendable {
    /// The smoothed round trip; nil before the first sample.
    public private(set) var roundTrip: TimeSpan?
    /// The smoothed deviation of the round trip.
    public private(set) var deviation = TimeSpan.zero
    /// The newest sample.
    public private(set) var roundTripLast: TimeSpan?
    /// The least round trip seen.
    public private(set) var roundTripMin: TimeSpan?

    private var sampleCount = 0
    /// So many samples may still be replaced by a much shorter one.
    private static let samplesYoung = 3

    /// Round trip assumed while nothing is known: between the continents' extremes.
    public static let roundTripUnknown = TimeSpan.milliseconds(100)

    /// Makes an estimate of nothing.
    public init() {}

    /// Takes a sample in; samples below zero or above 10 s are errors and ignored.
    public mutating func observe(_ sample: TimeSpan) {
        guard sample >= .zero, sample < .seconds(10) else { return }
        roundTripMin = min(roundTripMin ?? sample, sample)
        roundTripLast = sample
        guard let smooth = roundTrip else {
            roundTrip = sample
            // RFC 6298 begins with half; a quarter, because asking once more in vain costs little.
            deviation = sample / 4
            return
        }
        sampleCount = min(sampleCount + 1, PathEstimate.samplesYoung + 1)
        // What waited while a link was away, or was sent again, makes the first samples long: smoothing
        // would show a queue for a quarter of a minute that is not there.
        if sampleCount <= PathEstimate.samplesYoung, sample < smooth / 2 {
            roundTrip = sample
            deviation = sample / 4
            return
        }
        let error = sample - smooth
        let distance = TimeSpan(nanoseconds: abs(error.nanoseconds))
        deviation = deviation + (distance - deviation) / 4
        roundTrip = smooth + error / 8
    }

    /// After this long without an answer it is not coming: the round trip, two deviations, at most
    /// 30 ms of them, and 15 ms for a busy neighbour.
    ///
    /// Asking once more in vain costs a chunk; waiting costs everybody's lag, so this is shorter
    /// than the four deviations of RFC 6298.
    public var answerTimeout: TimeSpan {
        (roundTrip ?? PathEstimate.roundTripUnknown) + min(deviation * 2, .milliseconds(30))
            + .milliseconds(15)
    }
}
