import Basics
import Dispatch
import Glibc
import NIOCore
import Synchronization

/// Writes the stream to one file after the other, on a queue of its own.
final class SpanWriter: Sendable {
    /// Something to write.
    struct Item: Sendable {
        let buffer: ByteBuffer
        let offset: Int
        let label: TimeShift.Label
    }

    private struct State {
        var pendingBytes = 0
        /// The offset after the last byte that was written or given up.
        var settled = 0
        /// The offset after the last byte that came.
        var end = 0
        /// Whether something was left out, so that the next span begins at a key frame.
        var isBroken = false
        var isFinished = false
    }

    /// Only used on the queue.
    private struct File {
        var segment: Segment?
        var position = 0
        var begun = Instant.origin
        var retryAt: Instant?
        var needsKeyFrame = true
        var hasWarned = false
    }

    /// After a failure the disk is left alone for so long.
    private static let retryTime = TimeSpan.seconds(10)
    /// One file holds this part of the whole, but at least so much time.
    private static let parts: Int64 = 32
    private static let fileTimeMin = TimeSpan.seconds(2)

    private let setup: TimeShift.Setup
    private let queue = DispatchQueue(label: "candela.timeshift")
    private let state = Mutex(State())
    private let file = Mutex(File())

    init(_ setup: TimeShift.Setup) throws(GatewayError) {
        self.setup = setup
        mkdir(setup.folder, 0o700)
        do throws(Segment.Failure) {
            _ = try Segment(in: setup.folder)
        } catch {
            throw GatewayError(
                .io,
                "Nothing can be written to \(setup.folder) for the time shift: \(error.cause);"
                    + " choose another place with --state-dir, or leave out --dvr."
            )
        }
    }

    /// Takes something to write and calls `onWritten` once it is there; leaves it out when too
    /// much waits already.
    func append(_ item: Item, onWritten: @escaping @Sendable (SpanIndex.Written) -> Void) {
        let count = item.buffer.readableBytes
        let isTaken = state.withLock { state in
            state.end = item.offset + count
            guard !state.isFinished, state.pendingBytes + count <= TimeShift.pendingMax else {
                state.isBroken = true
                return false
            }
            state.pendingBytes += count
            return true
        }
        guard isTaken else { return }
        queue.async { [self] in
            let isBroken = state.withLock { state in
                defer { state.isBroken = false }
                return state.isBroken
            }
            let written = file.withLock { write(item, isBroken: isBroken, &$0) }
            if let written { onWritten(written) }
            state.withLock { state in
                state.pendingBytes -= count
                state.settled = item.offset + count
            }
        }
    }

    /// Whether a byte still waits to be written.
    func isPending(_ offset: Int) -> Bool {
        state.withLock { offset >= $0.settled && offset < $0.end && $0.pendingBytes > 0 }
    }

    /// Takes nothing more.
    func finish() { state.withLock { $0.isFinished = true } }

    // MARK: On the queue

    private func write(
        _ item: Item,
        isBroken: Bool,
        _ file: inout File
    ) -> SpanIndex.Written? {
        let (now, isKeyFrame) = (item.label.arrival, item.label.marks.contains(.keyFrame))
        if isBroken { file.needsKeyFrame = true }
        if let retryAt = file.retryAt, now < retryAt { return nil }
        guard isKeyFrame || !file.needsKeyFrame else { return nil }
        do throws(Segment.Failure) {
            if isKeyFrame, isFull(file, now) { file.segment = nil }
            let segment = try current(&file, now)
            try segment.write(item.buffer, at: file.position)
            let written = SpanIndex.Written(
                offset: item.offset,
                count: item.buffer.readableBytes,
                label: item.label,
                segment: segment,
                position: file.position,
                startsSpan: isKeyFrame
            )
            file.position += item.buffer.readableBytes
            file.needsKeyFrame = false
            file.retryAt = nil
            return written
        } catch {
            fail(error, &file, at: now)
            return nil
        }
    }

    private func current(_ file: inout File, _ now: Instant) throws(Segment.Failure) -> Segment {
        if let segment = file.segment { return segment }
        let segment = try Segment(in: setup.folder)
        file.segment = segment
        file.position = 0
        file.begun = now
        return segment
    }

    private func isFull(_ file: File, _ now: Instant) -> Bool {
        let part = TimeSpan(nanoseconds: setup.limit.nanoseconds / SpanWriter.parts)
        return now - file.begun >= max(SpanWriter.fileTimeMin, part)
            || file.position >= setup.byteLimit / Int(SpanWriter.parts)
    }

    private func fail(_ failure: Segment.Failure, _ file: inout File, at now: Instant) {
        file.segment = nil
        file.needsKeyFrame = true
        file.retryAt = now + SpanWriter.retryTime
        guard !file.hasWarned else { return }
        file.hasWarned = true
        setup.onFailure("the time shift has a gap: \(failure.cause); playing goes on")
    }
}
