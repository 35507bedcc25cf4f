import Basics
import Glibc
import Synchronization

/// Writes bytes to a file descriptor on a thread of its own, so that a slow reader never holds up
/// the swarm.
///
/// What waits is bounded; beyond the bound the reader has fallen too far behind and loses it.
final class BytePipe: Sendable {
    /// When written bytes must be on the disk.
    enum Durability: Sendable {
        /// Never mind.
        case asItComes
        /// Once a second.
        case synchronised
    }

    private struct State {
        var waiting: [Bytes] = []
        var waitingBytes = 0
        var isFinished = false
        var isDead = false
        var isDrained = false
    }

    /// 32 MiB: 25 s at 10 Mbit/s.
    private static let waitingMax = 32 << 20

    private let handle: Int32
    private let durability: Durability
    private let state = Mutex(State())
    private let wake: (read: Int32, write: Int32)
    private let onError: @Sendable (Int32) -> Void

    init(_ handle: Int32, _ durability: Durability, onError: @escaping @Sendable (Int32) -> Void) {
        self.handle = handle
        self.durability = durability
        self.onError = onError
        var ends: [Int32] = [-1, -1]
        _ = Glibc.pipe(&ends)
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        wake = (ends[0], ends[1])
        Thread.detach { [self] in run() }
    }

    func append(_ bytes: Bytes) {
        let isFirst = state.withLock { state in
            guard !state.isDead, state.waitingBytes + bytes.count <= BytePipe.waitingMax else {
                return false
            }
            state.waiting.append(bytes)
            state.waitingBytes += bytes.count
            return state.waiting.count == 1
        }
        if isFirst { poke() }
    }

    /// Waits until everything is written, at most a second.
    func finish() {
        state.withLock { $0.isFinished = true }
        poke()
        for _ in 0..<100 where !state.withLock({ $0.isDrained || $0.isDead }) { usleep(10_000) }
    }

    private func poke() {
        var byte: UInt8 = 0
        _ = write(wake.write, &byte, 1)
    }

    private func run() {
        var synchronisedAt = time(nil)
        while true {
            var byte: UInt8 = 0
            guard read(wake.read, &byte, 1) == 1 else { continue }
            let (batch, isFinished) = state.withLock { state in
                let batch = state.waiting
                state.waiting.removeAll(keepingCapacity: true)
                state.waitingBytes = 0
                return (batch, state.isFinished)
            }
            for bytes in batch where !writeAll(bytes) { return }
            if durability == .synchronised, isFinished || time(nil) > synchronisedAt {
                synchronisedAt = time(nil)
                guard fsync(handle) == 0 else { return die(errno) }
            }
            if isFinished { return state.withLock { $0.isDrained = true } }
        }
    }

    private func writeAll(_ bytes: Bytes) -> Bool {
        var at = 0
        while at < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(handle, $0.baseAddress?.advanced(by: at), $0.count - at)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                die(errno)
                return false
            }
            at += count
        }
        return true
    }

    private func die(_ error: Int32) {
        if durability == .synchronised {
            // A disk that was full in the middle of a packet leaves no part of one.
            let end = lseek(handle, 0, SEEK_END)
            if end > 0 { _ = ftruncate(handle, end - end % 188) }
        }
        state.withLock { $0.isDead = true }
        onError(error)
    }
}
