import Glibc

/// The process as the system sees it, under the names that all Prometheus clients use.
enum ProcessMeasures {
    /// Writes what is known.
    static func write(_ out: inout MetricsText) {
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            out.write(
                "process_cpu_seconds_total",
                .counter,
                "Processor time of all threads.",
                [.init(Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)]
            )
        }
        out.write(
            "process_resident_memory_bytes",
            .gauge,
            "Memory that is resident.",
            [.init(residentBytes)]
        )
        out.write("process_open_fds", .gauge, "Open file descriptors.", [.init(openFiles)])
    }

    /// The second number of `statm`, in pages (proc_pid_statm(5)).
    private static var residentBytes: Double? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(
            decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static var openFiles: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while count < 100_000, readdir(folder) != nil { count += 1 }
        // Not "." and "..", nor the folder that is open for counting.
        return max(0, count - 3)
    }
}
