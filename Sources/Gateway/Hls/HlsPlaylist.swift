import Basics

/// Writes playlists (RFC 8216bis).
enum HlsPlaylist {
    /// How many target durations of segments a playlist names; three is the least allowed.
    private static let windowTargets = 6
    /// Parts are named as far back from the end (section 4.4.4.9).
    private static let partTargets = 3

    /// Whether more is to come.
    enum Outlook {
        /// More comes.
        case live
        /// The stream is over.
        case ended
    }

    /// The media playlist: segments, their latest parts, and the part that comes next.
    ///
    /// Nil while there is no part.
    static func media(_ index: HlsIndex, target: Int, _ outlook: Outlook) -> String? {
        let listed = window(index.segments, seconds: Double(target * windowTargets))
        guard let first = listed.first, listed.contains(where: { !$0.parts.isEmpty }) else {
            return nil
        }
        // The first segment's own tag is not written, so it counts as gone.
        let before = index.segments.prefix { $0.number <= first.number }
        let discontinuities = index.discontinuityCount + before.count(where: \.isDiscontinuous)
        let partTarget = max(index.partTarget.seconds, 0.1)
        var lines = [
            "#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:\(target)",
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=\(decimal(Double(3 * target)))"
                + ",PART-HOLD-BACK=\(decimal(3 * rounded(partTarget)))",
            "#EXT-X-PART-INF:PART-TARGET=\(decimal(rounded(partTarget)))",
            "#EXT-X-MEDIA-SEQUENCE:\(first.number)",
            "#EXT-X-DISCONTINUITY-SEQUENCE:\(discontinuities)",
        ]
        if listed.allSatisfy({ $0.parts.first?.isIndependent != false }) {
            lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
        }
        let reach = listed.reduce(0) { $0 + $1.duration.seconds } - Double(target * partTargets)
        var place = 0.0
        var head: Int?
        for segment in listed {
            if segment.isDiscontinuous, segment.number > first.number {
                lines.append("#EXT-X-DISCONTINUITY")
            }
            if segment.head != head { lines.append("#EXT-X-MAP:URI=\"hls/\(segment.head).mp4\"") }
            head = segment.head
            lines.append("#EXT-X-PROGRAM-DATE-TIME:\(DateText.utc(segment.time))")
            place += segment.duration.seconds
            lines += self.lines(segment, place > reach ? .parts : .whole)
        }
        lines += outlook == .ended ? ["#EXT-X-ENDLIST"] : [hint(index.segments)]
        return lines.joined(separator: "\n") + "\n"
    }

    /// The multivariant playlist: the one rendition and its codecs.
    static func master(_ head: MovieHead, bitsPerSecond: Int) -> String {
        var attributes = ["BANDWIDTH=\(bitsPerSecond)", "CODECS=\"\(head.codecs)\""]
        if let width = head.width, let height = head.height {
            attributes.append("RESOLUTION=\(width)x\(height)")
        }
        return """
            #EXTM3U
            #EXT-X-VERSION:9
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-STREAM-INF:\(attributes.joined(separator: ","))
            live.m3u8

            """
    }

    /// How much of a segment is named.
    private enum Detail {
        case parts
        case whole
    }

    /// The newest segments up to a length, all of them at least until it is reached.
    private static func window(
        _ segments: [HlsIndex.Segment],
        seconds: Double
    ) -> ArraySlice<HlsIndex.Segment> {
        var length = 0.0
        var start = segments.endIndex
        while start > segments.startIndex, length < seconds {
            start -= 1
            length += segments[start].duration.seconds
        }
        return segments[start...]
    }

    private static func lines(_ segment: HlsIndex.Segment, _ detail: Detail) -> [String] {
        var lines: [String] = []
        if detail == .parts || !segment.isComplete {
            for (place, part) in segment.parts.enumerated() {
                lines.append(
                    "#EXT-X-PART:DURATION=\(decimal(part.duration.seconds))"
                        + ",URI=\"hls/\(segment.number).\(place).m4s\""
                        + (part.isIndependent ? ",INDEPENDENT=YES" : "")
                )
            }
        }
        if segment.isComplete {
            lines.append("#EXTINF:\(decimal(segment.duration.seconds)),")
            lines.append("hls/\(segment.number).m4s")
        }
        return lines
    }

    /// The part that comes next; it is the first of the next segment when the last is complete.
    private static func hint(_ segments: [HlsIndex.Segment]) -> String {
        guard let last = segments.last else { return "" }
        let (number, part) =
            last.isComplete ? (last.number + 1, 0) : (last.number, last.parts.count)
        return "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"hls/\(number).\(part).m4s\""
    }

    /// A part's length must not exceed the target, so the target is rounded up, to a millisecond.
    private static func rounded(_ seconds: Double) -> Double {
        (seconds * 1_000 - 0.01).rounded(.up) / 1_000
    }

    /// A number of seconds with five digits after the point.
    private static func decimal(_ seconds: Double) -> String {
        let units = Int((seconds * 100_000).rounded())
        let fraction = String(units % 100_000)
        return "\(units / 100_000)." + String(repeating: "0", count: 5 - fraction.count) + fraction
    }
}

/// Instants in the form of ISO 8601.
enum DateText {
    /// Seconds since 1970 as `2026-01-31T12:34:56.789Z`.
    static func utc(_ time: Double) -> String {
        let milliseconds = Int((min(max(0, time), 2e11) * 1_000).rounded())
        let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000)
        // Days to a date of the Gregorian calendar, in years that begin with March so that the leap
        // day comes last; 719,468 days lie between 1 March of year 0 and 1 January 1970.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let day = shifted % 146_097
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let monthOfYear = month < 10 ? month + 3 : month - 9
        let fullYear = year + era * 400 + (monthOfYear <= 2 ? 1 : 0)
        let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60)
        return "\(fullYear)-\(two(monthOfYear))-\(two(date))T\(two(hours)):\(two(minutes)):"
            + "\(two(rest / 1_000 % 60)).\(rest % 1_000 < 100 ? "0" : "")\(two(rest % 1_000))Z"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
