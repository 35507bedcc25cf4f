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
    }

    private struct Cursor {
        var position: Position
        /// Bytes before this offset are the reader's burst and count as no backlog.
        var exempt: Int
        var waiter: Waiter?
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

    // MARK: Writing

    /// Adds an entry and returns the readers to wake: O(readers), plus what is dropped.
    mutating func append(
        _ buffer: ByteBuffer,
        marks: LiveChunk.Marks,
        at now: Instant
    ) -> [Waiter] {
        guard !isFinished, buffer.readableBytes > 0 else { return [] }
        if marks.contains(.keyFrame) { keyFrames.append(end) }
        entries.append(Entry(buffer: buffer, arrival: now, offset: offsetEnd))
        offsetEnd += buffer.readableBytes
        held += buffer.storageCapacity

        var woken: [Waiter] = []
        var needed = end
        for index in cursors.values.indices {
            var cursor = cursors.values[index]
            advance(&cursor, marks: marks, at: now)
            if case .at(let number) = cursor.position {
                needed = min(needed, number)
                if let waiter = cursor.waiter { woken.append(waiter) }
                cursor.waiter = nil
            }
            cursors.values[index] = cursor
        }
        evict(before: min(needed, oldestDemanded(at: now)))
        return woken
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
    mutating func attach(burst: TimeSpan) -> Int {
        let id = cursorNext
        cursorNext += 1
        cursors[id] = Cursor(position: start(burst: burst), exempt: offsetEnd, waiter: nil)
        return id
    }

    /// Removes a reader and returns its waiter, if it waits.
    mutating func detach(_ id: Int) -> Waiter? { cursors.removeValue(forKey: id)?.waiter }

    /// Takes the next entries for a reader, up to `limit` bytes but at least one entry.
    mutating func take(_ id: Int, limit: Int) -> Finding {
        guard var cursor = cursors[id] else { return .end }
        if case .at(let number) = cursor.position, number < first { skip(&cursor) }
        defer { cursors[id] = cursor }
        guard case .at(let number) = cursor.position, number < end else {
            return isFinished ? .end : .nothing
        }
        var buffers: [ByteBuffer] = []
        var bytes = 0
        for entry in entries[offset(of: number)...] {
            guard buffers.isEmpty || bytes + entry.buffer.readableBytes <= limit else { break }
            buffers.append(entry.buffer)
            bytes += entry.buffer.readableBytes
        }
        cursor.position = .at(number + buffers.count)
        return .buffers(buffers)
    }

    /// Parks a reader until there is something for it; returns the waiter to resume right away when
    /// there is already, or when there never will be.
    mutating func park(_ id: Int, _ waiter: Waiter) -> Waiter? {
        guard let cursor = cursors[id], !isFinished else { return waiter }
        if case .at(let number) = cursor.position, number < end { return waiter }
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

    /// Moves a reader as the newest entry demands: it may begin there, or be too far behind.
    private func advance(_ cursor: inout Cursor, marks: LiveChunk.Marks, at now: Instant) {
        switch cursor.position {
        case .seeking(let since):
            let since = since ?? now
            let starts = marks.contains(.keyFrame) || now - since >= bounds.span
            cursor.position = starts ? .at(end - 1) : .seeking(since: since)
        case .at(let number):
            let reached = number < first ? 0 : entries[offset(of: number)].offset
            if offsetEnd - max(reached, cursor.exempt) > bounds.backlog { skip(&cursor) }
        }
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
