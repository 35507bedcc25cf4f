public import Basics
import NIOCore
import NIOPosix
import Synchronization

/// The stream of the last minutes or hours on disk, so that players can start in the past.
///
/// It holds key-frame-aligned spans in a few files that have no name: whatever ends the process,
/// the system frees them. Beyond its time or its bytes the oldest file goes. A disk that is slow or
/// full costs history, never the live stream: what cannot be written is left out, up to the next
/// key frame. Safe to use from any thread.
public final class TimeShift: Sendable {
    /// How it is set up.
    public struct Setup: Sendable {
        /// The folder for the files; made when it is not there.
        public var folder: String
        /// How far back it reaches.
        public var limit: TimeSpan
        /// The most bytes on disk.
        public var byteLimit: Int
        /// Told in one sentence, once, when the disk fails; from any thread.
        public var onFailure: @Sendable (String) -> Void

        /// Makes a setup; 4 GiB are 3 hours at 3 Mbit/s.
        public init(
            folder: String,
            limit: TimeSpan,
            byteLimit: Int = 4 << 30,
            onFailure: @escaping @Sendable (String) -> Void = { _ in }
        ) {
            self.folder = folder
            self.limit = limit
            self.byteLimit = byteLimit
            self.onFailure = onFailure
        }
    }

    /// What is known of an entry beside its bytes.
    struct Label: Sendable {
        let marks: LiveChunk.Marks
        let arrival: Instant
    }

    /// What a reader finds.
    enum Reading: Sendable {
        /// Bytes, and the offset after them.
        case bytes(ByteBuffer, end: Int)
        /// They are still to be written.
        case notYet
        /// They are not here, nor is anything after them up to the end of what was asked for.
        case gone
    }

    /// The most bytes that wait for the disk.
    static let pendingMax = 32 << 20

    /// How far back it reaches.
    public var limit: TimeSpan { setup.limit }

    private let setup: Setup
    private let spans: Mutex<SpanIndex>
    private let writer: SpanWriter
    private let threads = NIOThreadPool.singleton

    /// Opens the folder for a first file.
    ///
    /// - Throws: `io` when nothing can be written there.
    public init(_ setup: Setup) throws(GatewayError) {
        self.setup = setup
        spans = Mutex(SpanIndex(limit: setup.limit, byteLimit: setup.byteLimit))
        writer = try SpanWriter(setup)
    }

    /// When the oldest span held came.
    var oldestArrival: Instant? { spans.withLock { $0.oldest?.arrival } }
    /// How many bytes are on disk.
    public var heldBytes: Int { spans.withLock { $0.heldBytes } }

    /// Hands an entry to the disk; never waits for it.
    func append(_ buffer: ByteBuffer, at offset: Int, _ label: Label) {
        writer.append(.init(buffer: buffer, offset: offset, label: label)) { [self] written in
            spans.withLock { $0.append(written) }
        }
    }

    /// Whether a byte still waits for the disk.
    func isPending(_ offset: Int) -> Bool { writer.isPending(offset) }

    /// Ends writing: what is there stays readable.
    func finish() { writer.finish() }

    /// The newest key frame that came by an instant, or the oldest one held.
    func keyFrame(by instant: Instant) -> (offset: Int, arrival: Instant)? {
        spans.withLock { spans in spans.start(by: instant).map { ($0.offset, $0.arrival) } }
    }

    /// Reads the bytes from the start of a range, no further than its end and its span.
    func read(_ range: Range<Int>, limit: Int) async -> Reading {
        let found = spans.withLock { $0.place(at: range.lowerBound) }
        guard let found, found.offset < range.upperBound else {
            return writer.isPending(range.lowerBound) ? .notYet : .gone
        }
        let count = min(found.count, limit, range.upperBound - found.offset)
        let bytes = try? await threads.runIfActive { found.segment.read(found.position, count) }
        guard let bytes, bytes.readableBytes > 0 else { return .gone }
        return .bytes(bytes, end: found.offset + bytes.readableBytes)
    }
}
