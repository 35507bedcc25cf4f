import ArgumentParser
import Glibc

/// The verb `candela bench trace`.
struct TraceBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "The same scenario and seed in many processes: is every trace the same?",
        discussion: """
            Every run is a process of its own, whose hashes of dictionaries have a seed of their own. \
            With --also, every second one is of another build, such as one without optimisation.
            """
    )

    @OptionGroup var options: BenchOptions

    @Argument(help: "A file or the name of a scenario.")
    var scenario = "steady"

    @Option(help: "How many processes run it, from 2 to 1,000.")
    var runs = 100

    @Option(help: "The seed.")
    var seed: UInt64 = 1

    @Option(help: "Another build of this program.")
    var also: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Give a key of the scenario another value.", valueName: "key=value")
    )
    var settings: [SettingArgument] = []

    func validate() throws {
        guard (2...1_000).contains(runs) else {
            throw ValidationError("--runs is from 2 to 1000")
        }
    }

    func run() throws {
        // A mistake in the scenario is told here, once, instead of a hundred times.
        _ = try ScenarioFiles.scenario(scenario, settings: settings.map(\.pair))
        Interrupt.watch()
        var counts: [(line: String, count: Int)] = []
        for number in 0..<runs {
            try Interrupt.check()
            let line = try trace(by: number % 2 == 1 ? also : nil)
            let at = counts.firstIndex { $0.line == line } ?? counts.count
            if at == counts.count { counts.append((line, 0)) }
            counts[at].count += 1
            options.progress("\(number + 1) of \(runs): \(line)")
        }
        var result = BenchResult("trace")
        result["scenario"] = .text(scenario)
        result["runs"] = .count(runs)
        result["builds"] = .count(also == nil ? 1 : 2)
        result["same"] = .count(counts.map(\.count).max())
        result["traces"] = .text(counts.map(\.line).joined(separator: ", "))
        try options.print(result)
        guard counts.count == 1 else {
            throw CommandFailure(.bug, "\(counts.count) different traces of one seed")
        }
    }

    /// The one line that a run prints.
    private func trace(by program: String?) throws(CommandFailure) -> String {
        let ends = try BenchPipe()
        defer { close(ends.readEnd) }
        let options = settings.flatMap { ["--set", "\($0.pair.key)=\($0.pair.value)"] }
        let command = [program ?? ChildProcess.own, "simulate", scenario]
        let child = try ChildProcess(
            ChildProcess.Plan(
                arguments: command + ["--trace-hash", "--seed", "\(seed)"] + options,
                output: ends.writeEnd
            )
        )
        close(ends.writeEnd)
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 256)
        while text.count < 4_096 {
            let count = read(ends.readEnd, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        while child.isRunning { usleep(2_000) }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first
        guard let line else { throw CommandFailure(.bug, "a run printed no trace") }
        return String(line)
    }
}
