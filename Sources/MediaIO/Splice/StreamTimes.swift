/// How far the streams of a programme have come, in 90 kHz modulo 2^33.
struct StreamTimes {
    private struct Track {
        /// The decoding time of the last frame.
        var last: Int64
        /// The latest time at which a frame is shown.
        var high: Int64
        /// How far apart the last two frames were.
        var step: Int64 = 1
    }

    /// Ten seconds: a timestamp further from the clock is damage and moves nothing.
    private static let leadMax: Int64 = 900_000
    /// A frame lasts at most a second; a longer step is a gap.
    private static let stepMax: Int64 = 90_000
    private static let mask = TransportStream.timestampModulus - 1

    private var tracks: [Int: Track] = [:]
    /// The last clock reference; nil before the first.
    private(set) var clock: Int64?

    /// Takes note of a clock reference.
    mutating func note(clock: Int64) { self.clock = clock }

    /// Takes note of a frame's decoding and presentation times.
    mutating func note(decoding: Int64, presentation: Int64, of pid: Int) {
        if let clock {
            let lead = TransportTime.distance(from: clock, to: decoding).magnitude
            guard lead <= StreamTimes.leadMax.magnitude else { return }
        }
        guard var track = tracks[pid] else {
            tracks[pid] = Track(last: decoding, high: presentation)
            return
        }
        let step = TransportTime.distance(from: track.last, to: decoding)
        if step > 0 { track.step = min(step, StreamTimes.stepMax) }
        track.last = decoding
        let isLater = TransportTime.distance(from: track.high, to: presentation) > 0
        // After a jump back the old height means nothing any more.
        if isLater || step < -StreamTimes.leadMax { track.high = presentation }
        tracks[pid] = track
    }

    /// Whether a frame decoded then follows all earlier ones of its PID.
    func isNew(_ decoding: Int64, of pid: Int) -> Bool {
        guard let track = tracks[pid] else { return true }
        return TransportTime.distance(from: track.last, to: decoding) > 0
    }

    /// Where the longest stream ends: the next source may begin there; nil before any frame.
    var end: Int64? {
        let ends = tracks.values.map { ($0.high + $0.step) & StreamTimes.mask }
        guard let first = ends.first else { return nil }
        return ends.dropFirst().reduce(first) {
            TransportTime.distance(from: $0, to: $1) > 0 ? $1 : $0
        }
    }
}
