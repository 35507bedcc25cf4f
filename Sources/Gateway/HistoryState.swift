import Basics
import NIOCore

/// What a `LiveHistory` holds under its lock: the latest entries and where each reader stands.
///
/// Entries are numbered from 0 in the order of their coming. Readers are positions in the one
/// shared queue, so an entry is stored once however many read it, and a reader that stops reading
/// costs no memory beyond the queue's own bound.
struct HistoryState {
    /// How much is kept.
    struct Bounds {
        /// The newest key frame that is at least this old, and all after it, is kept.
        let span: TimeSpan
        /// The most bytes of storage that are held, whatever the span says.
        let bytes: Int
        /// The most bytes that a reader may be behind before it is skipped ahead.
        let backlog: Int
    }

    /// What a reader finds when it asks.
    enum Finding {
        /// The next entries, to be sent in order.
        case buffers([ByteBuffer])
        /// What the reader wants is no longer in memory: the bytes from an offset up to another.
        case archived(Range<Int>)
        /// Nothing yet.
        case nothing
        /// The stream has ended, or the reader is detached.
        case end
    }

    typealias Waiter = CheckedContinuation<Void, Never>

    private struct Entry {
        let buffer: ByteBuffer
        let arrival: Instant
        /// How many bytes came before this entry since the beginning.
        let offset: Int
    }

    private enum Position {
        /// The number of the entry to read next.
        case at(Int)
        /// Waiting for a key frame since an instant, or since the first entry to come.
        case seeking(since: Instant?)
        /// Following at its own pace, however far behind; the offset of the byte to read next.
        case shifted(Int)
    }

    /// Whom to wake and whom to tell after an entry was added.
    struct Outcome {
        /// Readers that have something to read now.
        var woken: [Waiter] = []
        /// What to call for readers that were skipped ahead.
        var skipped: [@Sendable () -> Void] = []
    }

    private struct Cursor {
        var position: Position
        /// Bytes before this offset are the reader's burst and count as no backlog.
        var exempt: Int
        var waiter: Waiter?
        /// Called when the reader is skipped ahead.
        var onSkip: (@Sendable () -> Void)?
    }

    private let bounds: Bounds
    private var entries = CircularBuffer<Entry>()
    /// The numbers of the entries held that start with a key frame, ascending.
    private var keyFrames = CircularBuffer<Int>()
    /// The number of the oldest entry held.
    private var first = 0
    private var offsetEnd = 0
    private var held = 0
    private var cursors: [Int: Cursor] = [:]
    private var cursorNext = 0
    private var isFinished = false

    init(bounds: Bounds) { self.bounds = bounds }

    /// The number that the next entry will get.
    private var end: Int { first + entries.count }
    /// The bytes of storage that the entries occupy.
    var heldBytes: Int { held }
    /// How many readers are attached.
    var readerCount: Int { cursors.count }
    /// How many bytes were appended since the beginning.
    var offsetNext: Int { offsetEnd }
    /// The offset of the oldest byte held.
    var offsetFirst: Int { entries.first?.offset ?? offsetEnd }
    /// When the oldest key frame held and the newest entry came.
    var arrivals: (oldest: Instant, newest: Instant)? {
        guard let oldest = keyFrames.first, let newest = entries.last else { return nil }
        return (arrival(of: oldest), newest.arrival)
    }

    // MARK: Writing

    /// Adds an entry and returns the readers to wake: O(readers), plus what is dropped.
    mutating func append(
        _ buffer: ByteBuffer,
        marks: LiveChunk.Marks,
        at now: Instant
    ) -> Outcome {
        guard !isFinished, buffer.readableBytes > 0 else { return Outcome() }
        if marks.contains(.keyFrame) { keyFrames.append(end) }
        entries.append(Entry(buffer: buffer, arrival: now, offset: offsetEnd))
        offsetEnd += buffer.readableBytes
        held += buffer.storageCapacity

        var outcome = Outcome()
        var needed = end
        for index in cursors.values.indices {
            var cursor = cursors.values[index]
            if advance(&cursor, marks: marks, at: now), let onSkip = cursor.onSkip {
                outcome.skipped.append(onSkip)
            }
            if case .at(let number) = cursor.position { needed = min(needed, number) }
            if case .seeking = cursor.position {
            } else if let waiter = cursor.waiter {
                outcome.woken.append(waiter)
                cursor.waiter = nil
            }
            cursors.values[index] = cursor
        }
        evict(before: min(needed, oldestDemanded(at: now)))
        return outcome
    }

    /// Ends the stream and returns the readers to wake; they get the rest first.
    mutating func finish() -> [Waiter] {
        isFinished = true
        return cursors.values.indices.compactMap { index in
            let waiter = cursors.values[index].waiter
            cursors.values[index].waiter = nil
            return waiter
        }
    }

    // MARK: Reading

    /// Attaches a reader at the newest key frame that is at least `burst` old.
    mutating func attach(burst: TimeSpan, onSkip: (@Sendable () -> Void)?) -> Int {
        add(Cursor(position: start(burst: burst), exempt: offsetEnd, onSkip: onSkip))
    }

    /// Attaches a reader that is never skipped ahead, at an offset where a decoder can start.
    mutating func attach(at offset: Int) -> Int {
        add(Cursor(position: .shifted(offset), exempt: offsetEnd))
    }

    /// The newest key frame held that came by an instant; nil when none is so old.
    func keyFrame(by instant: Instant) -> (offset: Int, arrival: Instant)? {
        keyFrames.last { arrival(of: $0) <= instant }.map {
            (entries[offset(of: $0)].offset, arrival(of: $0))
        }
    }

    /// Moves a shifted reader on, past what it got from elsewhere.
    mutating func move(_ id: Int, to offset: Int) {
        guard case .shifted = cursors[id]?.position else { return }
        cursors[id]?.position = .shifted(offset)
    }

    /// Moves a shifted reader to the oldest key frame held, because what it wants is gone.
    mutating func moveToKeyFrame(_ id: Int) {
        guard case .shifted = cursors[id]?.position else { return }
        let oldest = keyFrames.first.map { entries[self.offset(of: $0)].offset } ?? offsetFirst
        cursors[id]?.position = .shifted(oldest)
    }

    private mutating func add(_ cursor: Cursor) -> Int {
        let id = cursorNext
        cursorNext += 1
        cursors[id] = cursor
        return id
    }

    /// Removes a reader and returns its waiter, if it waits.
    mutating func detach(_ id: Int) -> Waiter? { cursors.removeValue(forKey: id)?.waiter }

    /// Takes the next entries for a reader, up to `limit` bytes but at least one entry.
    mutating func take(_ id: Int, limit: Int) -> Finding {
        guard var cursor = cursors[id] else { return .end }
        if case .shifted(let offset) = cursor.position {
            return takeShifted(id, from: offset, limit: limit)
        }
        if case .at(let number) = cursor.position, number < first { skip(&cursor) }
        defer { cursors[id] = cursor }
        guard case .at(let number) = cursor.position, number < end else {
            return isFinished ? .end : .nothing
        }
        let buffers = batch(from: number, limit: limit)
        cursor.position = .at(number + buffers.count)
        return .buffers(buffers)
    }

    private mutating func takeShifted(_ id: Int, from offset: Int, limit: Int) -> Finding {
        guard offset < offsetEnd else { return isFinished ? .end : .nothing }
        guard offset >= offsetFirst else { return .archived(offset..<offsetFirst) }
        let buffers = batch(from: number(at: offset), limit: limit)
        let bytes = buffers.reduce(0) { $0 + $1.readableBytes }
        cursors[id]?.position = .shifted(offset + bytes)
        return .buffers(buffers)
    }

    private func batch(from number: Int, limit: Int) -> [ByteBuffer] {
        var buffers: [ByteBuffer] = []
        var bytes = 0
        for entry in entries[offset(of: number)...] {
            guard buffers.isEmpty || bytes + entry.buffer.readableBytes <= limit else { break }
            buffers.append(entry.buffer)
            bytes += entry.buffer.readableBytes
        }
        return buffers
    }

    /// The number of the first entry that begins at an offset or after it: O(log entries).
    private func number(at offset: Int) -> Int {
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if entries[self.offset(of: first + middle)].offset < offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return first + low
    }

    /// Parks a reader until there is something for it; returns the waiter to resume right away when
    /// there is already, or when there never will be.
    mutating func park(_ id: Int, _ waiter: Waiter) -> Waiter? {
        guard let cursor = cursors[id], !isFinished else { return waiter }
        switch cursor.position {
        case .at(let number) where number < end: return waiter
        case .shifted(let offset) where offset < offsetEnd: return waiter
        case .at, .shifted, .seeking: break
        }
        cursors[id]?.waiter = waiter
        return cursor.waiter
    }

    // MARK: Private

    private func offset(of number: Int) -> CircularBuffer<Entry>.Index {
        entries.index(entries.startIndex, offsetBy: number - first)
    }

    private func arrival(of number: Int) -> Instant { entries[offset(of: number)].arrival }

    private func start(burst: TimeSpan) -> Position {
        guard let oldest = entries.first, let newest = entries.last else {
            return .seeking(since: nil)
        }
        let oldEnough = keyFrames.last { newest.arrival - arrival(of: $0) >= burst }
        if let number = oldEnough ?? keyFrames.first { return .at(number) }
        // A stream that marks no key frames is served all the same.
        let isUnmarked = newest.arrival - oldest.arrival >= bounds.span
        return isUnmarked ? .at(first) : .seeking(since: newest.arrival)
    }

    /// Moves a reader as the newest entry demands: it may begin there, or be too far behind, and is
    /// skipped ahead then: true.
    private func advance(
        _ cursor: inout Cursor,
        marks: LiveChunk.Marks,
        at now: Instant
    ) -> Bool {
        switch cursor.position {
        case .seeking(let since):
            let since = since ?? now
            let starts = marks.contains(.keyFrame) || now - since >= bounds.span
            cursor.position = starts ? .at(end - 1) : .seeking(since: since)
        case .at(let number):
            let reached = number < first ? 0 : entries[offset(of: number)].offset
            guard offsetEnd - max(reached, cursor.exempt) > bounds.backlog else { return false }
            skip(&cursor)
            return true
        case .shifted: break
        }
        return false
    }

    /// Moves a reader to the newest key frame ahead of it, or lets it wait for the next one.
    private func skip(_ cursor: inout Cursor) {
        guard case .at(let number) = cursor.position else { return }
        // A group of pictures may be larger than the backlog: what is there now is exempt.
        cursor.exempt = offsetEnd
        if let newest = keyFrames.last, newest > number {
            cursor.position = .at(newest)
        } else {
            cursor.position = .seeking(since: entries.last?.arrival)
        }
    }

    /// The number of the first entry that the span still demands.
    private func oldestDemanded(at now: Instant) -> Int {
        let horizon = now - bounds.span
        if let oldest = keyFrames.first, arrival(of: oldest) <= horizon {
            return keyFrames.last { arrival(of: $0) <= horizon } ?? oldest
        }
        var number = first
        while number < (keyFrames.first ?? end), arrival(of: number) < horizon { number += 1 }
        return number
    }

    private mutating func evict(before needed: Int) {
        while first < needed || held > bounds.bytes, entries.count > 1 {
            held -= entries.removeFirst().buffer.storageCapacity
            if keyFrames.first == first { keyFrames.removeFirst() }
            first += 1
        }
    }
}
