public import Basics
import NIOCore
import Synchronization

/// The last seconds of the stream, from a key frame on, and the readers that follow it.
///
/// One writer appends; any number of readers follow on their own. A reader that is too slow is
/// skipped ahead to the newest key frame and never holds up the writer or another reader. Safe to
/// use from any thread.
public final class LiveHistory: Sendable {
    /// How many bytes a reader gets at once at most, unless one chunk alone has more.
    static let batchBytes = 256 << 10

    private let state: Mutex<HistoryState>
    private let archive: TimeShift?
    private let span: TimeSpan

    /// Makes an empty history.
    ///
    /// - Parameters:
    ///   - span: how old the oldest kept key frame is at least, once the stream is that old. A
    ///     longer burst than this begins at the oldest key frame there is.
    ///   - byteLimit: the most bytes that are held, whatever `span` says.
    ///   - backlogLimit: how many bytes a reader may fall behind before it is skipped ahead; the
    ///     burst it was given does not count.
    ///   - archive: keeps what is too old to be held in memory.
    public init(
        span: TimeSpan = .seconds(10),
        byteLimit: Int = 32 << 20,
        backlogLimit: Int = 4 << 20,
        archive: TimeShift? = nil
    ) {
        self.archive = archive
        self.span = span
        let bounds = HistoryState.Bounds(
            span: span,
            bytes: max(0, byteLimit),
            backlog: max(0, backlogLimit)
        )
        state = Mutex(HistoryState(bounds: bounds))
    }

    /// Adds a chunk and wakes the readers; never waits for one.
    ///
    /// O(readers). What comes after `finish` is ignored.
    public func append(_ chunk: LiveChunk, at now: Instant) {
        // The one copy: from here on all readers and sockets share this storage.
        var buffer = ByteBufferAllocator().buffer(capacity: chunk.bytes.count)
        chunk.bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        let (offset, outcome) = state.withLock { state in
            (state.offsetNext, state.append(buffer, marks: chunk.marks, at: now))
        }
        for waiter in outcome.woken { waiter.resume() }
        for told in outcome.skipped { told() }
        archive?.append(buffer, at: offset, .init(marks: chunk.marks, arrival: now))
    }

    /// Ends the stream: readers get what is left, then their end.
    public func finish() {
        archive?.finish()
        let woken = state.withLock { $0.finish() }
        for waiter in woken { waiter.resume() }
    }

    /// Attaches a reader at the newest key frame that is at least `burst` old, or at the oldest key
    /// frame if none is.
    ///
    /// Ages are counted back from the newest chunk. Without any key frame the reader waits for one,
    /// but not longer than the span of this history. `onSkip` is called, from any thread, each time
    /// the reader is skipped ahead because it is too slow.
    public func attach(
        burst: TimeSpan = .seconds(2),
        onSkip: (@Sendable () -> Void)? = nil
    ) -> LiveReader {
        LiveReader(self, id: state.withLock { $0.attach(burst: burst, onSkip: onSkip) })
    }

    /// Attaches a reader at the newest key frame that is at least `age` old, or at the oldest one
    /// that is held in memory or in the archive.
    ///
    /// Such a reader may stay behind: it gets everything that came since, and is moved ahead only
    /// when what it wants is held no longer.
    public func attach(from age: TimeSpan) -> LiveReader { attachPast(age).reader }

    /// As `attach(from:)`, with the age that the key frame really has.
    func attachPast(_ age: TimeSpan) -> (reader: LiveReader, age: TimeSpan) {
        guard let arrivals = state.withLock({ $0.arrivals }) else { return (attach(), .zero) }
        let instant = arrivals.newest - age
        let found = state.withLock { state in
            state.keyFrame(by: instant).map { (state.attach(at: $0.offset), $0.arrival) }
        }
        if let (id, arrival) = found {
            return (LiveReader(self, id: id), arrivals.newest - arrival)
        }
        guard let span = archive?.keyFrame(by: instant) else {
            return (attach(burst: age), arrivals.newest - arrivals.oldest)
        }
        let id = state.withLock { $0.attach(at: span.offset) }
        return (LiveReader(self, id: id), arrivals.newest - span.arrival)
    }

    /// How far back a reader may start.
    public var extent: TimeShiftExtent {
        let arrivals = state.withLock { $0.arrivals }
        guard let arrivals else {
            return TimeShiftExtent(reach: .zero, limit: archive?.limit ?? span)
        }
        let oldest = min(archive?.oldestArrival ?? arrivals.oldest, arrivals.oldest)
        return TimeShiftExtent(
            reach: arrivals.newest - oldest,
            limit: archive?.limit ?? span
        )
    }

    /// How many readers are attached.
    public var readerCount: Int { state.withLock { $0.readerCount } }

    /// How many bytes of storage are held.
    public var heldBytes: Int { state.withLock { $0.heldBytes } }

    func take(_ id: Int) -> HistoryState.Finding {
        state.withLock { $0.take(id, limit: LiveHistory.batchBytes) }
    }

    /// Reads what is no longer in memory: the bytes, or those that follow where some are missing,
    /// and moves the reader on; nil when it has to wait a moment.
    func takeArchived(_ id: Int, _ range: Range<Int>) async -> ByteBuffer? {
        switch await archive?.read(range, limit: LiveHistory.batchBytes) {
        case .some(.bytes(let buffer, let end)):
            state.withLock { $0.move(id, to: end) }
            return buffer
        case .some(.notYet): return nil
        case .some(.gone), nil:
            state.withLock { $0.moveToKeyFrame(id) }
            return nil
        }
    }

    func park(_ id: Int, _ waiter: HistoryState.Waiter) {
        state.withLock { $0.park(id, waiter) }?.resume()
    }

    func detach(_ id: Int) {
        state.withLock { $0.detach(id) }?.resume()
    }
}
