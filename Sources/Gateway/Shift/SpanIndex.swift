import Basics
import NIOCore

/// Which bytes of the stream are in which file: key-frame-aligned spans, oldest first.
struct SpanIndex {
    /// A run of bytes in one file that a decoder can start with.
    struct Span {
        /// How many bytes of the stream came before it.
        let offset: Int
        /// How many bytes it has.
        var count: Int
        /// When its first byte came.
        let arrival: Instant
        /// The file.
        let segment: Segment
        /// Where it begins in the file.
        let position: Int

        /// The offset after it.
        var end: Int { offset + count }
    }

    /// Bytes that were written.
    struct Written {
        let offset: Int
        let count: Int
        let label: TimeShift.Label
        let segment: Segment
        let position: Int
        /// Whether a decoder can start here, or the stream goes on elsewhere in a file.
        let startsSpan: Bool
    }

    /// A place in a file where bytes of the stream can be read.
    struct Place {
        /// The offset of its first byte: what was asked for, or the next one held.
        let offset: Int
        /// How many bytes there are from there on.
        let count: Int
        let segment: Segment
        let position: Int
    }

    /// No more spans than this are held: with a key frame in every block of 40 ms, an hour.
    static let spanMax = 90_000

    private let limit: TimeSpan
    private let byteLimit: Int
    private var spans = CircularBuffer<Span>()
    /// The bytes in all files that are held.
    private(set) var heldBytes = 0

    init(limit: TimeSpan, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// The oldest span.
    var oldest: Span? { spans.first }

    /// Adds what was written, and lets go of what is too old or too much.
    mutating func append(_ written: Written) {
        heldBytes += written.count
        if let last = spans.indices.last, !written.startsSpan,
            spans[last].end == written.offset, spans[last].segment === written.segment
        {
            spans[last].count += written.count
        } else {
            spans.append(
                Span(
                    offset: written.offset,
                    count: written.count,
                    arrival: written.label.arrival,
                    segment: written.segment,
                    position: written.position
                )
            )
        }
        evict(now: written.label.arrival)
    }

    /// The newest span that began by an instant, or the oldest one: O(log spans).
    func start(by instant: Instant) -> Span? {
        let next = firstIndex { $0.arrival > instant }
        guard next > 0 else { return spans.first }
        return spans[spans.index(spans.startIndex, offsetBy: next - 1)]
    }

    /// Where the byte at an offset is, or the next one that is held: O(log spans).
    func place(at offset: Int) -> Place? {
        let next = firstIndex { $0.end > offset }
        guard next < spans.count else { return nil }
        let span = spans[spans.index(spans.startIndex, offsetBy: next)]
        let skipped = max(0, offset - span.offset)
        return Place(
            offset: span.offset + skipped,
            count: span.count - skipped,
            segment: span.segment,
            position: span.position + skipped
        )
    }

    /// How many spans come before the first one for which something holds, which then holds for
    /// all later ones.
    private func firstIndex(where holds: (Span) -> Bool) -> Int {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(spans[spans.index(spans.startIndex, offsetBy: middle)]) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }

    /// Whole files go, when all of a file is too old or there is too much.
    private mutating func evict(now: Instant) {
        while let oldest = spans.first, let newest = spans.last,
            oldest.segment !== newest.segment
        {
            let count = spans.prefix { $0.segment === oldest.segment }.count
            let next = spans[spans.index(spans.startIndex, offsetBy: count)]
            let isOld = now - next.arrival >= limit
            guard isOld || heldBytes > byteLimit || spans.count > SpanIndex.spanMax else { return }
            for _ in 0..<count { heldBytes -= spans.removeFirst().count }
        }
    }
}
