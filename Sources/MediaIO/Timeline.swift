import CFFmpeg

/// Gives every access unit its place on one 90 kHz time line that never goes back.
///
/// It bridges missing timestamps, jumps within the file, and the seam where a file starts again.
struct Timeline {
    /// Whether a unit followed smoothly.
    enum Placement {
        case smooth
        case afterJump
    }

    /// What is known about a stream before its first unit, in 90 kHz.
    struct Stream {
        /// How long a unit lasts when it does not say so itself; 0 when unknown.
        var duration: Int64 = 0
        /// How long before it is shown the first unit is decoded, because others overtake it.
        var delay: Int64 = 0
    }

    private struct Track {
        var duration: Int64
        let delay: Int64
        /// The last decoding time as the file has it.
        var lastRaw: Int64?
        /// The last decoding time on the time line.
        var last: Int64?
    }

    /// Where the time line starts: one second, so that what comes before the first unit, such as an
    /// audio encoder's run-in, is not negative.
    static let origin: Int64 = 90_000
    /// A step of more than ten seconds in a file is a jump, to be closed.
    private static let jumpMin: Int64 = 900_000
    /// Timestamps beyond this, a million years, are damage; the sums below cannot overflow.
    private static let rawMax = Int64.max / 4

    private var tracks: [Track]
    private var shift: Int64?
    private var passStart: Int64?
    private var end: Int64 = Timeline.origin

    /// Makes a time line for streams.
    init(_ streams: [Stream]) {
        tracks = streams.map { Track(duration: $0.duration, delay: $0.delay) }
    }

    /// Sets a unit's timestamps to 90 kHz on the time line; `index` is its stream's place.
    mutating func place(_ unit: AccessUnit, index: Int, timeBase: AVRational) -> Placement {
        let packet = unit.packet
        av_packet_rescale_ts(packet, timeBase, AVRational(num: 1, den: 90_000))
        let shown = Timeline.plausible(packet.pointee.pts)
        let raw = Timeline.plausible(packet.pointee.dts) ?? guess(index, shown: shown)
        let placement = follow(raw)
        let moved = raw + (shift ?? 0)
        let time = tracks[index].last.map { max(moved, $0 + 1) } ?? moved
        let before = tracks[index].lastRaw
        if packet.pointee.duration > 0 {
            tracks[index].duration = min(packet.pointee.duration, Timeline.jumpMin)
        } else if placement == .smooth, let before, raw > before {
            tracks[index].duration = min(raw - before, Timeline.jumpMin)
        }
        tracks[index].lastRaw = raw
        tracks[index].last = time
        packet.pointee.dts = time
        let wanted = shown.map { $0 + (shift ?? 0) } ?? time
        packet.pointee.pts = min(time + Timeline.jumpMin, max(time, wanted))
        passStart = min(passStart ?? time, time)
        end = max(end, time + tracks[index].duration)
        return placement
    }

    /// Ends a pass over the file: the next one follows where this one's longest stream ended.
    ///
    /// False when the pass had no units.
    mutating func finishPass() -> Bool {
        guard let start = passStart, let shift else { return false }
        self.shift = shift + (end - start)
        passStart = nil
        for index in tracks.indices { tracks[index].lastRaw = nil }
        return true
    }

    private static func plausible(_ time: Int64) -> Int64? {
        time != candela_av_no_time && time.magnitude < rawMax.magnitude ? time : nil
    }

    /// A decoding time for a unit that has none: after the one before, else by the stream's delay.
    private func guess(_ index: Int, shown: Int64?) -> Int64 {
        let track = tracks[index]
        if let last = track.lastRaw { return last + track.duration }
        return shown.map { $0 - track.delay } ?? end - (shift ?? 0)
    }

    /// Closes a jump by moving everything from here on to where the time line ends.
    private mutating func follow(_ raw: Int64) -> Placement {
        guard let shift else {
            self.shift = Timeline.origin - raw
            return .smooth
        }
        let time = raw + shift
        guard time > end + Timeline.jumpMin || time < end - Timeline.jumpMin else { return .smooth }
        self.shift = end - raw
        return .afterJump
    }
}
