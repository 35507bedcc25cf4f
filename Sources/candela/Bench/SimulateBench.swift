import ArgumentParser
import Basics
import Glibc
import Simulation
import Telemetry

/// The verb `candela bench simulate`.
struct SimulateBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "The simulator: speed and memory by the number of viewers."
    )

    @OptionGroup var options: BenchOptions

    @Argument(help: "How many viewers there are, run by run.")
    var viewers = [100, 200, 400]

    @Option(help: "How many virtual seconds the source publishes, from 5 to 600.")
    var seconds = 30

    @Option(help: "The number that everything random is drawn from.")
    var seed: UInt64 = 1

    func validate() throws {
        guard !viewers.isEmpty, viewers.allSatisfy((1...100_000).contains),
            (5...600).contains(seconds)
        else { throw ValidationError("viewers are from 1 to 100000, --seconds from 5 to 600") }
    }

    func run() throws {
        var rows: [BenchResult] = []
        let stand = SpeedStand(seconds: seconds, seed: seed)
        for count in viewers.sorted() {
            options.progress("\(count) viewers")
            rows.append(stand.measure(count).row)
        }
        var result = BenchResult("simulate")
        result["rate_bps"] = .count(1_000_000)
        result["seed"] = .count(Int(clamping: seed))
        result["ratio_is"] = .text("virtual seconds ÷ seconds of one core")
        result["runs"] = .list(rows)
        try options.print(result)
    }
}

/// Measures the simulator.
struct SpeedStand {
    private let seconds: Int
    private let seed: UInt64

    /// What one run took.
    struct Measurement {
        var viewers: Int
        var cpu: Double
        /// The most memory that the process held in addition, in kilobytes; nil where it cannot be told.
        var memory: Int?
        var report: SimulationReport

        /// Virtual seconds ÷ seconds of a core.
        var ratio: Double { report.virtualS / max(1e-9, cpu) }
        var microsecondsPerEvent: Double { cpu * 1e6 / Double(max(1, report.eventCount)) }
        var kilobytesPerViewer: Double? { memory.map { Double($0) / Double(viewers) } }

        var row: BenchResult {
            var row = BenchResult()
            row["viewers"] = .count(viewers)
            row["ratio"] = .number(ratio)
            row["cpu_s"] = .number(cpu)
            row["events"] = .count(report.eventCount)
            row["us_per_event"] = .number(microsecondsPerEvent)
            row["kb_per_viewer"] = .number(kilobytesPerViewer)
            row["continuity"] = .number(report.continuity.mean)
            row["lag_p95_ms"] = .number(report.lagMs.p95)
            row["trace"] = .text(report.traceHash)
            return row
        }
    }

    init(seconds: Int, seed: UInt64) {
        self.seconds = seconds
        self.seed = seed
    }

    /// The audience comes within the first quarter; then nothing happens.
    func measure(_ count: Int) -> Measurement {
        var configuration = SimulationConfiguration(viewers: count)
        configuration.seed = seed
        configuration.duration = .seconds(seconds)
        configuration.population[0].joinSpan = .seconds(seconds) / 4
        let base = SpeedStand.forgetMemoryMost()
        let start = BenchClock.threadTime
        var world = World(configuration)
        let report = world.run()
        let cpu = Double(BenchClock.threadTime - start) / 1e9
        let memory = base.map { SpeedStand.memoryMost - $0 }
        return Measurement(viewers: count, cpu: cpu, memory: memory, report: report)
    }

    /// Gives back what earlier runs have freed, and lets the most that is held begin anew: returns what
    /// is held now, in kilobytes; nil where the kernel cannot do that.
    ///
    /// See proc(5), `clear_refs`: 5 resets the peak of the resident set.
    private static func forgetMemoryMost() -> Int? {
        // Glibc's module does not name it: see malloc_trim(3).
        if let trim = dlsym(nil, "malloc_trim") {
            _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
        }
        guard let file = fopen("/proc/self/clear_refs", "w") else { return nil }
        let isWritten = fputs("5", file) >= 0
        return fclose(file) == 0 && isWritten ? memoryMost : nil
    }

    /// The most memory that the process has held since then, in kilobytes.
    private static var memoryMost: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss)
    }
}
