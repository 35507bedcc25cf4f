public import Basics
import NIOCore

/// Follows a `LiveHistory` from a key frame on, at its own pace.
///
/// For one consumer: calls of `next` do not overlap. Cancelling the task that waits in `next`
/// detaches the reader, and so does letting go of it.
public final class LiveReader: Sendable {
    private let history: LiveHistory
    private let id: Int

    init(_ history: LiveHistory, id: Int) {
        self.history = history
        self.id = id
    }

    deinit { history.detach(id) }

    /// The next packets, whole and in order; nil at the end of the stream or once detached.
    ///
    /// Everything that came since the last call is joined, up to 256 KiB. A reader that fell too
    /// far behind goes on with the newest key frame.
    public func next() async -> Bytes? {
        await nextBuffer().map { Bytes(Array($0.readableBytesView)) }
    }

    /// Ends the reader: a call of `next` that waits returns nil, and so do all later ones.
    public func detach() { history.detach(id) }

    /// The next packets as `next` gives them, in storage that is shared with all other readers when
    /// it is a single chunk.
    func nextBuffer() async -> ByteBuffer? {
        while true {
            switch history.take(id) {
            case .buffers(let buffers): return LiveReader.joined(buffers)
            case .end: return nil
            case .nothing: await wait()
            case .archived(let range):
                if let buffer = await history.takeArchived(id, range) { return buffer }
                // What has left memory is on its way to the disk.
                try? await Task.sleep(for: .milliseconds(20))
                if Task.isCancelled { return nil }
            }
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { history.park(id, $0) }
        } onCancel: {
            history.detach(id)
        }
    }

    private static func joined(_ buffers: [ByteBuffer]) -> ByteBuffer? {
        guard buffers.count > 1 else { return buffers.first }
        let bytes = buffers.reduce(0) { $0 + $1.readableBytes }
        var whole = ByteBufferAllocator().buffer(capacity: bytes)
        for buffer in buffers { whole.writeImmutableBuffer(buffer) }
        return whole
    }
}
