/// How far the streams of a programme have come, in 90 kHz modulo 2^33.
struct StreamTimes {
    private struct Track {
        /// The decoding time of the last frame.
        var last: Int64
        /// The latest time at which a frame is shown.
        var high: Int64
        /// How far apart the last units were, the latest last.
        var steps: [Int64] = []
        /// The decoding time of the unit that comes next, when it is known though it does not leave.
        var next: Int64?

        /// How far apart the last two units were.
        var step: Int64 { steps.last ?? 1 }

        /// Where the last unit is over: units of sound hold several frames, not always as many.
        var end: Int64 { next ?? last + (steps.max() ?? 1) }
    }

    /// Ten seconds: a timestamp further from the clock is damage and moves nothing.
    private static let leadMax: Int64 = 900_000
    /// A frame lasts at most a second; a longer step is a gap.
    private static let stepMax: Int64 = 90_000
    /// So many steps tell how long a unit may be.
    private static let stepCount = 8
    /// Times are rounded to 90 kHz, or to milliseconds by some encoders: so much is no overlap.
    private static let roundingMax: Int64 = 180
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
        if step > 0 {
            if track.steps.count == StreamTimes.stepCount { track.steps.removeFirst() }
            track.steps.append(min(step, StreamTimes.stepMax))
        }
        track.last = decoding
        track.next = nil
        let isLater = TransportTime.distance(from: track.high, to: presentation) > 0
        // After a jump back the old height means nothing any more.
        if isLater || step < -StreamTimes.leadMax { track.high = presentation }
        tracks[pid] = track
    }

    /// Takes note of the decoding time of a unit that would be next and does not leave.
    ///
    /// So it is known where the one before is over.
    mutating func note(next decoding: Int64, of pid: Int) {
        guard let last = tracks[pid]?.last else { return }
        let step = TransportTime.distance(from: last, to: decoding)
        if (1...StreamTimes.stepMax).contains(step) { tracks[pid]?.next = decoding }
    }

    /// Whether a unit decoded then begins after all earlier ones of its PID have begun; sound, which
    /// has several frames in a unit, after they are over.
    func isNew(_ decoding: Int64, of pid: Int, isSound: Bool) -> Bool {
        guard let track = tracks[pid] else { return true }
        guard isSound else { return TransportTime.distance(from: track.last, to: decoding) > 0 }
        let distance = TransportTime.distance(from: track.end & StreamTimes.mask, to: decoding)
        return distance >= -StreamTimes.roundingMax
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
