import CFFmpeg

/// Gives every access unit its place on one 90 kHz time line that never goes back: through missing
/// timestamps, jumps within the file, and the seam where a file starts again.
struct Timeline {
    /// Whether a unit followed smoothly.
    enum Placement {
        case smooth
        case afterJump
    }

    private struct Track {
        var last: Int64?
        var duration: Int64 = 0
    }

    /// Where the time line starts: one second, so that what comes before the first unit, such as an
    /// audio encoder's run-in, is not negative.
    static let origin: Int64 = 90_000
    /// A step of more than ten seconds in a file is a jump, to be closed.
    private static let jumpMin: Int64 = 900_000

    private var tracks: [Track]
    private var shift: Int64?
    private var passStart: Int64?
    private var end: Int64 = Timeline.origin

    /// Makes a time line for a number of streams.
    init(streamCount: Int) {
        tracks = Array(repeating: Track(), count: streamCount)
    }

    /// Sets a unit's timestamps to 90 kHz on the time line; `index` is its stream's place.
    mutating func place(_ unit: AccessUnit, index: Int, timeBase: AVRational) -> Placement {
        let ticks = AVRational(num: 1, den: 90_000)
        let packet = unit.packet
        av_packet_rescale_ts(packet, timeBase, ticks)
        let raw = packet.pointee.dts != candela_av_no_time ? packet.pointee.dts : packet.pointee.pts
        let delay =
            packet.pointee.pts == candela_av_no_time || raw == candela_av_no_time
            ? 0 : packet.pointee.pts &- raw
        let (wanted, placement) = wanted(raw, index)
        let track = tracks[index]
        let time = track.last.map { max(wanted, $0 + 1) } ?? wanted
        if packet.pointee.duration > 0 {
            tracks[index].duration = min(packet.pointee.duration, Timeline.jumpMin)
        } else if let last = track.last, time - last < Timeline.jumpMin {
            tracks[index].duration = time - last
        }
        tracks[index].last = time
        packet.pointee.dts = time
        packet.pointee.pts = time + min(Timeline.jumpMin, max(0, delay))
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
        return true
    }

    /// Where a raw decoding time belongs; closes a jump by moving everything after it.
    private mutating func wanted(_ raw: Int64, _ index: Int) -> (Int64, Placement) {
        guard raw != candela_av_no_time, abs(raw) < Int64.max / 4 else {
            let track = tracks[index]
            return (track.last.map { $0 + track.duration } ?? end, .smooth)
        }
        guard let shift else {
            self.shift = Timeline.origin - raw
            return (Timeline.origin, .smooth)
        }
        let time = raw + shift
        guard time > end + Timeline.jumpMin || time < end - Timeline.jumpMin else {
            return (time, .smooth)
        }
        self.shift = end - raw
        return (end, .afterJump)
    }
}
