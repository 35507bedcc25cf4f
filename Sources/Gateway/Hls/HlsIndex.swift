import Basics

/// The live movie cut into segments and parts for HLS, as they come (RFC 8216bis).
///
/// A part is a run of fragments of about a third of a second; a segment begins with a key frame and
/// lasts at least a second. Numbers rise over all runs, so that players never meet one twice.
struct HlsIndex {
    /// A partial segment.
    struct Part: Equatable {
        /// Its fragments.
        var numbers: Range<Int>
        var duration: TimeSpan
        /// Whether decoding can start with it.
        var isIndependent: Bool
    }

    /// A media segment.
    struct Segment: Equatable {
        /// Its media sequence number.
        let number: Int
        /// The number of the header that it needs.
        let head: Int
        /// Whether it does not continue what came before.
        let isDiscontinuous: Bool
        /// When it begins on the movie's timeline.
        let start: TimeSpan
        /// When that was, in seconds since 1970.
        var time: Double
        var parts: [Part] = []
        var isComplete = false

        var duration: TimeSpan { parts.reduce(.zero) { $0 + $1.duration } }
        var numbers: Range<Int> {
            (parts.first?.numbers.lowerBound ?? 0)..<(parts.last?.numbers.upperBound ?? 0)
        }
    }

    /// A part is complete from this length on; fragments last 90 to 170 ms.
    private static let partLength = TimeSpan.milliseconds(285)
    /// A segment may end from this length on.
    private static let segmentMin = TimeSpan.milliseconds(950)
    /// The bounds of the target duration, in seconds.
    private static let targetBounds = 2...8
    private static let segmentCountMax = 64

    /// The segments, the last of which grows unless it is complete.
    private(set) var segments: [Segment] = []
    /// How many discontinuities were before the first segment.
    private(set) var discontinuityCount = 0
    /// The target duration once a playlist told it, in seconds.
    private(set) var target: Int?
    /// How long a part lasts at most.
    private(set) var partTarget = TimeSpan.zero

    private var numberNext = 0
    private var open: (numbers: Range<Int>, duration: TimeSpan, isKey: Bool)?
    private var hasBreak = false
    /// The time of day at the beginning of the timeline; nil until the first playlist.
    private var origin: Double?
    /// The same as the newest fragment has it: right only once the past has been gone through.
    private var originLatest = 0.0

    /// The media sequence number of the newest segment, and how many parts it has; nil without one.
    var newest: (segment: Int, parts: Int)? { segments.last.map { ($0.number, $0.parts.count) } }

    /// Takes the next fragment.
    mutating func append(_ entry: MovieState.Entry, number: Int, at time: Double) {
        if isEndDue(before: entry) { endSegment() }
        originLatest = time - (entry.start + entry.duration).seconds
        // A hole takes time of day, but none of the timeline.
        if segments.last.map({ $0.head != entry.head }) == true, origin != nil {
            origin = originLatest
        }
        if segments.last?.isComplete != false {
            segments.append(
                Segment(
                    number: numberNext,
                    head: entry.head,
                    isDiscontinuous: hasBreak
                        || segments.last.map { $0.head != entry.head } ?? false,
                    start: entry.start,
                    time: (origin ?? originLatest) + entry.start.seconds
                )
            )
            numberNext += 1
            hasBreak = false
        }
        if let part = open {
            open = (
                part.numbers.lowerBound..<number + 1, part.duration + entry.duration, part.isKey
            )
        } else {
            open = (number..<number + 1, entry.duration, entry.isKey)
        }
        if let part = open, part.duration >= HlsIndex.partLength { endPart() }
    }

    /// Forgets everything before a fragment, because what comes does not continue it.
    mutating func breakOff(keepingFrom number: Int) {
        endSegment()
        drop(before: number)
        hasBreak = true
        target = nil
        origin = nil
        partTarget = .zero
    }

    /// Ends the last segment with the stream.
    mutating func finish() { endSegment() }

    /// Forgets the segments whose fragments are no longer held.
    mutating func drop(before number: Int) {
        while let oldest = segments.first, oldest.isComplete,
            oldest.numbers.lowerBound < number || segments.count > HlsIndex.segmentCountMax
        {
            if oldest.isDiscontinuous { discontinuityCount += 1 }
            segments.removeFirst()
        }
    }

    /// The target duration, fixed from now on: players must never see it change.
    mutating func fixTarget() -> Int {
        if let target { return target }
        let complete = segments.filter(\.isComplete).map(\.duration)
        let growing = (segments.last?.duration ?? .zero) + (open?.duration ?? .zero)
        // Without a complete segment, key frames are farther apart than what there is.
        let longest = max(complete.max() ?? .seconds(6), growing)
        let seconds = Int((longest.seconds - 0.45).rounded(.up))
        let bounds = HlsIndex.targetBounds
        let chosen = min(max(seconds, bounds.lowerBound), bounds.upperBound)
        target = chosen
        origin = originLatest
        for place in segments.indices {
            segments[place].time = originLatest + segments[place].start.seconds
        }
        return chosen
    }

    /// Whether the segment ends before this fragment.
    private func isEndDue(before entry: MovieState.Entry) -> Bool {
        guard let segment = segments.last, !segment.isComplete else { return false }
        let duration = segment.duration + (open?.duration ?? .zero)
        if segment.head != entry.head { return true }
        if entry.isKey, duration >= HlsIndex.segmentMin { return true }
        // EXTINF rounded to whole seconds must not exceed the target (section 4.4.3.1).
        let limit = Double(target ?? HlsIndex.targetBounds.upperBound) + 0.45
        return (duration + entry.duration).seconds > limit
    }

    private mutating func endSegment() {
        endPart()
        guard !segments.isEmpty else { return }
        segments[segments.count - 1].isComplete = true
    }

    private mutating func endPart() {
        guard let part = open, !segments.isEmpty else { return }
        open = nil
        segments[segments.count - 1].parts.append(
            Part(numbers: part.numbers, duration: part.duration, isIndependent: part.isKey)
        )
        partTarget = max(partTarget, part.duration)
    }
}
