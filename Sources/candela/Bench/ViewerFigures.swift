/// One viewer's fate in the measured time.
struct ViewerFigures {
    /// Records that came ÷ records born in that time.
    var continuity = 0.0
    /// Records that came with all records before them in their group, so that a decoder can use
    /// them, ÷ records born.
    var pictureContinuity = 0.0
    /// Lag quantiles in milliseconds; nil when nothing came.
    var p50: Double?
    var p95: Double?
    var p99: Double?
    var longest: Double?
    /// The longest time without a record, in milliseconds.
    var gap = 0.0

    /// A viewer that is silent for so long has stalled: by then every chunk is given up.
    static let stallGap = 1_000.0

    /// Whether playing came to a halt.
    var hasStalled: Bool { gap > ViewerFigures.stallGap }

    /// Judges the records born from `start` up to `end`.
    init(_ tap: ViewerTap, _ stream: StampedStream, from start: Int64, to end: Int64) {
        var (born, came, usable) = (0, 0, 0)
        var lags: [Double] = []
        var isWhole = true
        for (record, birth) in stream.births.enumerated() {
            if record % stream.groupSize == 0 { isWhole = true }
            let arrival = record < tap.arrivals.count ? tap.arrivals[record] : 0
            if arrival == 0 { isWhole = false }
            guard birth >= start, birth < end else { continue }
            born += 1
            guard arrival > 0 else { continue }
            came += 1
            if isWhole { usable += 1 }
            lags.append(Double(arrival - birth) / 1e6)
        }
        continuity = Double(came) / Double(max(1, born))
        pictureContinuity = Double(usable) / Double(max(1, born))
        lags.sort()
        p50 = ViewerFigures.quantile(lags, 0.5)
        p95 = ViewerFigures.quantile(lags, 0.95)
        p99 = ViewerFigures.quantile(lags, 0.99)
        longest = lags.last
        var before = start
        for time in tap.times where time >= start && time < end {
            gap = max(gap, Double(time - before) / 1e6)
            before = time
        }
        gap = max(gap, Double(end - before) / 1e6)
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double? {
        sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
}
