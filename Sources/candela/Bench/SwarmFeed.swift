import Glibc
import Synchronization

/// Publishes a stamped stream into a pipe at its own pace, on a thread of its own.
final class SwarmFeed: Sendable {
    private let stream: Mutex<StampedStream>
    private let isOver = Atomic<Bool>(false)

    init(bitsPerSecond: Int64) { stream = Mutex(StampedStream(bitsPerSecond: bitsPerSecond)) }

    /// Bytes published so far.
    var published: Int { stream.withLock { $0.count * StampedStream.recordSize } }

    /// Gives the stream to a closure; the feed waits meanwhile.
    func withStream<R: Sendable>(_ body: (StampedStream) -> R) -> R {
        stream.withLock { body($0) }
    }

    /// Begins; closes the pipe's end when it is stopped or nobody reads any more.
    func start(into handle: Int32) {
        Thread.detach { [self] in
            let interval = stream.withLock { $0.interval }
            let start = BenchClock.now
            var number = 0
            while !isOver.load(ordering: .relaxed) {
                SwarmFeed.sleep(until: start + Int64(Double(number) * interval))
                let record = stream.withLock { $0.make(at: BenchClock.now) }
                guard SwarmFeed.write(record, to: handle) else { break }
                number += 1
            }
            close(handle)
        }
    }

    /// Stops with the next record.
    func stop() { isOver.store(true, ordering: .relaxed) }

    private static func sleep(until instant: Int64) {
        guard instant > BenchClock.now else { return }
        var time = timespec(
            tv_sec: Int(instant / 1_000_000_000),
            tv_nsec: Int(instant % 1_000_000_000)
        )
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to handle: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
