import Basics
import NIOCore

/// What a `MovieHistory` holds: the latest movie fragments, their headers, and their playlist.
///
/// Fragments and headers are numbered from 0 and keep their numbers over all runs.
struct MovieState {
    /// A fragment and where it belongs.
    struct Entry {
        let buffer: ByteBuffer
        let start: TimeSpan
        let duration: TimeSpan
        let isKey: Bool
        /// The number of its header.
        let head: Int
    }

    /// A header and its number.
    struct Head {
        let number: Int
        let buffer: ByteBuffer
        let movie: MovieHead
    }

    /// Where a player stands.
    struct Position: Equatable {
        /// The fragment that comes next.
        var part: Int
        /// The header that it was last given; nil before the first.
        var head: Int?
    }

    /// What a player finds.
    enum Finding {
        /// What comes next, in order.
        case buffers([ByteBuffer])
        /// Nothing yet.
        case nothing
        /// It can get no more on this connection.
        case end
    }

    /// The most that is kept, in media time and in bytes.
    struct Bounds: Sendable {
        var span: TimeSpan
        var bytes: Int

        /// What the longest playlist names and as much again, so that what has just left the
        /// playlist can still be had.
        static let shared = Bounds(span: .seconds(60), bytes: 64 << 20)
    }

    private static let headCountMax = 16
    /// How many bytes a player gets at once at most, unless one fragment alone has more.
    private static let batchMax = 256 << 10

    private(set) var entries = CircularBuffer<Entry>()
    private(set) var heads: [Head] = []
    /// The number of the oldest fragment held.
    private(set) var first = 0
    /// Why nothing can be played, if so.
    private(set) var trouble: String?
    private(set) var isEnded = false
    /// The playlist of it all.
    private(set) var index = HlsIndex()
    private let bounds: Bounds
    private var bytes = 0
    private var headCount = 0

    /// Makes an empty state with some bounds.
    init(_ bounds: Bounds = .shared) { self.bounds = bounds }

    /// The number that the next fragment gets.
    var end: Int { first + entries.count }
    /// The header in force.
    var head: Head? { heads.last }

    // MARK: Writing

    /// Forgets the fragments, because a new run begins; numbers go on.
    mutating func reset() {
        first = end
        entries.removeAll()
        heads = []
        bytes = 0
        trouble = nil
        isEnded = false
        index.breakOff(keepingFrom: first)
    }

    /// Ends the movie: players get what is left.
    mutating func finish() {
        isEnded = true
        index.finish()
    }

    /// Takes what the maker gives, at a time of day in seconds since 1970.
    mutating func take(_ output: MovieOutput, at time: Double) {
        switch output {
        case .head(let movie):
            trouble = nil
            heads.append(
                Head(number: headCount, buffer: ByteBuffer(bytes: movie.bytes), movie: movie)
            )
            headCount += 1
            if heads.count > MovieState.headCountMax { heads.removeFirst() }
        case .part(let part):
            guard let head else { return }
            append(part, head: head.number, at: time)
        case .unplayable(let reason):
            trouble = reason
        }
    }

    private mutating func append(_ part: MoviePart, head: Int, at time: Double) {
        let entry = Entry(
            buffer: ByteBuffer(bytes: part.bytes),
            start: part.start,
            duration: part.duration,
            isKey: part.startsKeyFrame,
            head: head
        )
        index.append(entry, number: end, at: time)
        entries.append(entry)
        bytes += part.bytes.count
        while entries.count > 1, let oldest = entries.first,
            bytes > bounds.bytes
                || part.start + part.duration - oldest.start > bounds.span
        {
            bytes -= oldest.buffer.readableBytes
            entries.removeFirst()
            first += 1
        }
        index.drop(before: first)
        let oldestHead = entries.first?.head ?? head
        heads.removeAll { $0.number < oldestHead && $0.number != head }
    }

    /// The target duration of the playlist, fixed from the first time on that somebody asks.
    mutating func fixTarget() -> Int { index.fixTarget() }

    // MARK: Reading

    /// Where a player begins: at the newest key frame with at least `burst` of media behind it, or
    /// at the oldest of this movie; nil while there is none.
    func start(burst: TimeSpan) -> Position? {
        guard let newest = entries.last else { return nil }
        let liveEnd = newest.start + newest.duration
        var found: Int?
        for number in stride(from: end - 1, through: first, by: -1) {
            let entry = self[number]
            guard entry.head == newest.head else { break }
            guard entry.isKey else { continue }
            found = number
            if liveEnd - entry.start >= burst { break }
        }
        return found.map { Position(part: $0, head: nil) }
    }

    /// Takes what comes next for a player; headers are put in where a movie begins.
    ///
    /// A player that fell behind what is held goes on with the next key frame. One whose codecs
    /// change comes to the end: it has to ask anew.
    func take(_ position: inout Position) -> Finding {
        if position.part < first { position.part = nextKey(from: first) }
        guard position.part < end else { return isEnded ? .end : .nothing }
        var buffers: [ByteBuffer] = []
        var count = 0
        while position.part < end, count < MovieState.batchMax {
            let entry = self[position.part]
            if position.head != entry.head {
                guard let next = heads.first(where: { $0.number == entry.head }),
                    isPlayable(next, after: position.head)
                else { return buffers.isEmpty ? .end : .buffers(buffers) }
                buffers.append(next.buffer)
                position.head = entry.head
            }
            buffers.append(entry.buffer)
            count += entry.buffer.readableBytes
            position.part += 1
        }
        return .buffers(buffers)
    }

    /// The bytes of some fragments, if all of them are held.
    func bytes(of range: Range<Int>) -> [ByteBuffer]? {
        guard !range.isEmpty, range.lowerBound >= first, range.upperBound <= end else { return nil }
        return range.map { self[$0].buffer }
    }

    private subscript(number: Int) -> Entry {
        entries[entries.index(entries.startIndex, offsetBy: number - first)]
    }

    private func nextKey(from number: Int) -> Int {
        (number..<max(number, end)).first { self[$0].isKey } ?? end
    }

    private func isPlayable(_ next: Head, after old: Int?) -> Bool {
        guard let old else { return true }
        // A header that is no longer held cannot be compared.
        guard let before = heads.first(where: { $0.number == old }) else { return false }
        return before.movie.codecs == next.movie.codecs
    }
}
