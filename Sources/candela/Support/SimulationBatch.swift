import Glibc
import Simulation
import Synchronization

/// Runs simulations on all cores, each in a thread of its own, and shows how far they are.
final class SimulationBatch: Sendable {
    /// One run.
    struct Job: Sendable {
        var scenario: Scenario
        /// What the scenario was asked for by.
        var argument: String
        var seed: UInt64
    }

    private let jobs: [Job]
    private let parts: Mutex<[Double]>
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let shownAt = Mutex(ContinuousClock.now)
    /// No run begins after this.
    private let end: ContinuousClock.Instant?

    init(_ jobs: [Job], until end: ContinuousClock.Instant? = nil) {
        self.jobs = jobs
        self.end = end
        parts = Mutex(Array(repeating: 0, count: jobs.count))
    }

    /// The reports in the order of the jobs; after an interrupt, those of the runs that had begun.
    func run() async -> [SimulationReport] { await numbered().map(\.report) }

    /// The same, each with the number of its job.
    func numbered() async -> [(job: Int, report: SimulationReport)] {
        let width = max(1, min(jobs.count, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let found = await withTaskGroup(of: [(Int, SimulationReport)].self) { group in
            let next = Counter(end: jobs.count)
            for _ in 0..<width {
                group.addTask { await self.work(next) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        if isTerminal { StandardError.text("\r\u{1B}[K") }
        return found.sorted { $0.0 < $1.0 }.map { (job: $0.0, report: $0.1) }
    }

    /// Takes jobs until none are left or somebody interrupts.
    private func work(_ next: Counter) async -> [(Int, SimulationReport)] {
        var done: [(Int, SimulationReport)] = []
        while !SimulationBatch.isInterrupted, end.map({ ContinuousClock.now < $0 }) ?? true,
            let at = next.take()
        {
            done.append((at, perform(at)))
        }
        return done
    }

    private func perform(_ at: Int) -> SimulationReport {
        let job = jobs[at]
        var configuration = job.scenario.configuration
        configuration.seed = job.seed
        let start = ContinuousClock.now
        var world = World(configuration)
        var report = world.run { part in
            self.show(part, of: at)
            return SimulationBatch.isInterrupted ? .stop : .goOn
        }
        let wall = ContinuousClock.now - start
        report.wallS = Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18
        job.scenario.judge(&report)
        return report
    }

    private static var isInterrupted: Bool {
        do {
            try Interrupt.check()
            return false
        } catch {
            return true
        }
    }

    /// Draws a bar of all runs together, ten times a second at most.
    private func show(_ part: Double, of at: Int) {
        let sum = parts.withLock { parts in
            parts[at] = part
            return parts.reduce(0, +)
        }
        guard isTerminal else { return }
        let isDue = shownAt.withLock { shown in
            guard ContinuousClock.now - shown > .milliseconds(100) else { return false }
            shown = ContinuousClock.now
            return true
        }
        guard isDue else { return }
        let whole = sum / Double(jobs.count)
        let full = min(30, Int(whole * 30))
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: 30 - full)
        let name = jobs.count == 1 ? jobs[0].scenario.name : "\(jobs.count) runs"
        StandardError.text("\r\u{1B}[K\(name) \(bar) \(Int(whole * 100)) %")
    }
}

/// Hands out the numbers from 0 up to an end, each once.
private final class Counter: Sendable {
    private let next = Atomic<Int>(0)
    private let end: Int

    init(end: Int) { self.end = end }

    func take() -> Int? {
        let value = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return value < end ? value : nil
    }
}

extension StandardError {
    /// Writes a text as it is.
    static func text(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
