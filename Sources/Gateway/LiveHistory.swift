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

    /// Makes an empty history.
    ///
    /// - Parameters:
    ///   - span: how old the oldest kept key frame is at least, once the stream is that old. A
    ///     longer burst than this begins at the oldest key frame there is.
    ///   - byteLimit: the most bytes that are held, whatever `span` says.
    ///   - backlogLimit: how many bytes a reader may fall behind before it is skipped ahead; the
    ///     burst it was given does not count.
    public init(
        span: TimeSpan = .seconds(10),
        byteLimit: Int = 32 << 20,
        backlogLimit: Int = 4 << 20
    ) {
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
        let woken = state.withLock { $0.append(buffer, marks: chunk.marks, at: now) }
        for waiter in woken { waiter.resume() }
    }

    /// Ends the stream: readers get what is left, then their end.
    public func finish() {
        let woken = state.withLock { $0.finish() }
        for waiter in woken { waiter.resume() }
    }

    /// Attaches a reader at the newest key frame that is at least `burst` old, or at the oldest key
    /// frame if none is.
    ///
    /// Ages are counted back from the newest chunk. Without any key frame the reader waits for one,
    /// but not longer than the span of this history.
    public func attach(burst: TimeSpan = .seconds(2)) -> LiveReader {
        LiveReader(self, id: state.withLock { $0.attach(burst: burst) })
    }

    /// How many readers are attached.
    public var readerCount: Int { state.withLock { $0.readerCount } }

    /// How many bytes of storage are held.
    public var heldBytes: Int { state.withLock { $0.heldBytes } }

    func take(_ id: Int) -> HistoryState.Finding {
        state.withLock { $0.take(id, limit: LiveHistory.batchBytes) }
    }

    func park(_ id: Int, _ waiter: HistoryState.Waiter) {
        state.withLock { $0.park(id, waiter) }?.resume()
    }

    func detach(_ id: Int) {
        state.withLock { $0.detach(id) }?.resume()
    }
}
