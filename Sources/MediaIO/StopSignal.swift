import Basics
import Glibc
import Synchronization

/// A flag that wakes whoever waits: the only way a feed's thread ever blocks.
final class StopSignal: Sendable {
    /// How a wait ended.
    enum Wake {
        /// The descriptor can be read, or is at its end.
        case readable
        /// The time is up.
        case due
        /// Somebody raised the signal.
        case stopped
    }

    private let raised = Atomic<Bool>(false)
    private let readEnd: Int32
    private let writeEnd: Int32

    /// Makes a signal that is not raised; nil when the process has no descriptors left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        readEnd = ends[0]
        writeEnd = ends[1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Whether the signal was raised; it stays so.
    var isRaised: Bool { raised.load(ordering: .acquiring) }

    /// Becomes readable, and stays so, once the signal is raised; for waits of one's own.
    var descriptor: Int32 { readEnd }

    /// Raises the signal and wakes every waiter, now and later.
    func raise() {
        guard !raised.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        while write(writeEnd, &byte, 1) < 0, errno == EINTR {}
    }

    /// Waits until an instant of the monotonic clock, at millisecond grain, never too short.
    func wait(until due: Instant) -> Wake { wait(for: -1, until: due) }

    /// Waits until a descriptor can be read, the time is up (nil: never) or the signal is raised.
    func wait(for descriptor: Int32, until due: Instant?) -> Wake {
        while !isRaised {
            let remaining = due.map { $0 - MonotonicClock.now }
            var polled = [
                pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&polled, 2, StopSignal.milliseconds(remaining))
            if count > 0, polled[0].revents == 0, polled[1].revents != 0 { return .readable }
            if count == 0, let due, MonotonicClock.now >= due { return .due }
        }
        return .stopped
    }

    /// The wait for `poll`: rounded up, at most a minute because the loop comes back.
    private static func milliseconds(_ remaining: TimeSpan?) -> Int32 {
        guard let remaining else { return -1 }
        let rounded = (max(0, remaining.nanoseconds) &+ 999_999) / 1_000_000
        return Int32(min(60_000, max(0, rounded)))
    }
}

/// The clock that files are paced by.
enum MonotonicClock {
    /// The present, since the machine started.
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// The time of day in UTC, since midnight.
    static var timeOfDay: TimeSpan {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int(time.tv_sec) % 86_400) + TimeSpan(nanoseconds: Int64(time.tv_nsec))
    }
}

/// The text of a system error.
enum SystemError {
    /// What `errno` says now.
    static var current: String { text(of: errno) }

    /// What an errno value says, such as `Permission denied`.
    static func text(of code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
