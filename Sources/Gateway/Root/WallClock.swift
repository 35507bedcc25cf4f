import Glibc

/// The time of day, as the world counts it.
enum WallClock {
    /// Seconds since 1970.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// An instant as XMLTV writes it: `20260131235959 +0000`.
    static func stamp(_ seconds: Double) -> String {
        var time = time_t(max(0, min(seconds, 2.5e11)))
        var parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(1_900 + parts.tm_year)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
            + "\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec)) +0000"
    }
}
