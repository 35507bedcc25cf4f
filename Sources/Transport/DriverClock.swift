public import Basics
import Glibc
import NIOCore

/// The clock of all cores in this process: nanoseconds since 1970 at the start, then monotonic.
///
/// Steps of the wall clock never reach a core; clocks of several processes on one machine agree.
public struct DriverClock: Sendable {
    private let offset: Int64

    /// Reads the wall clock once.
    public init() {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        let nanoseconds = Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec)
        offset = nanoseconds - Int64(NIODeadline.now().uptimeNanoseconds)
    }

    /// The present.
    public var now: Instant {
        Instant(nanoseconds: offset + Int64(NIODeadline.now().uptimeNanoseconds))
    }

    func deadline(_ instant: Instant) -> NIODeadline {
        // Never further away than a minute: a timer that fires early only looks again.
        let uptime = Int64(NIODeadline.now().uptimeNanoseconds)
        let latest = uptime + 60_000_000_000
        let wanted = instant == .distantFuture ? latest : instant.nanoseconds - offset
        return .uptimeNanoseconds(UInt64(max(0, min(wanted, latest))))
    }
}
