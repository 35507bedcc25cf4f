import Glibc

/// Clocks for measuring, in nanoseconds.
enum BenchClock {
    /// Time that never steps; the same for all processes of the machine.
    static var now: Int64 { read(CLOCK_MONOTONIC) }
    /// CPU time of the calling thread.
    static var threadTime: Int64 { read(CLOCK_THREAD_CPUTIME_ID) }
    /// CPU time of this process.
    static var processTime: Int64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Nanoseconds per call: the median of five rounds of about 60 ms.
    static func perCall(_ body: () throws -> Void) rethrows -> Double {
        var count = 1
        while true {
            let span = try time(count, body)
            if span > 10_000_000 {
                count = max(1, Int(Double(count) * 60e6 / Double(span)))
                break
            }
            count *= 4
        }
        var rounds: [Double] = []
        for _ in 0..<5 { rounds.append(Double(try time(count, body)) / Double(count)) }
        return rounds.sorted()[2]
    }

    private static func time(_ count: Int, _ body: () throws -> Void) rethrows -> Int64 {
        let start = now
        for _ in 0..<count { try body() }
        return now - start
    }
}
