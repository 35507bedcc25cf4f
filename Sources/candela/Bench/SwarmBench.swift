import ArgumentParser
import Basics

/// The verb `candela bench swarm`.
struct SwarmBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swarm",
        abstract: "A whole swarm on loopback, a process per member.",
        discussion: """
            Publishes a stamped stream of constant rate and reads what every viewer hands over. \
            Loss is injected below the protocol in every process, on handshakes and control too. \
            Continuity is records that came ÷ records born; picture continuity counts only those \
            with all records since the last random access point. A viewer without a record for a \
            second has stalled. In mid-run one more viewer joins, before the tracker is killed.
            """
    )

    @Option(help: "How many viewers.")
    var viewers = 16

    @Option(help: "Rate of the stream.")
    var rate = RateArgument(megabits: 1)

    @Option(help: "Loss on every way, in percent.")
    var loss = PercentArgument(percent: 0)

    @Option(help: "How long is measured, after a warm-up of 4 s.")
    var seconds = 20.0

    @Option(help: "The viewers' playout delay.")
    var latency = "0"

    @Flag(help: "Run the tracker as a process of its own.")
    var separateTracker = false

    @Flag(help: "Kill that process at 40 % of the measured time.")
    var killTracker = false

    @Option(help: "One more word for 'candela broadcast'; repeatable.")
    var sourceOption: [String] = []

    @Option(help: "One more word for 'candela join'; repeatable.")
    var viewerOption: [String] = []

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (1...128).contains(viewers) else {
            throw ValidationError("--viewers takes 1 to 128")
        }
        guard (100_000...50_000_000).contains(rate.rate.bitsPerSecond) else {
            throw ValidationError("--rate takes 100k to 50M")
        }
        guard (2...600).contains(seconds) else {
            throw ValidationError("--seconds takes 2 to 600")
        }
        guard SpanArgument(argument: latency) != nil else {
            throw ValidationError("--latency takes a length of time, like 250ms")
        }
    }

    func run() throws {
        Interrupt.watch()
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let swarm = SwarmRun(plan, folder: scratch.path)
        defer { swarm.end() }
        try swarm.execute(progress: options.progress)
        try options.print(SwarmVerdict(swarm).result)
    }

    private var plan: SwarmPlan {
        SwarmPlan(
            viewers: viewers,
            bitsPerSecond: rate.rate.bitsPerSecond,
            lossPercent: loss.percent,
            seconds: seconds,
            latency: latency,
            tracker: killTracker ? .killed : separateTracker ? .separate : .embedded,
            sourceOptions: sourceOption,
            viewerOptions: viewerOption
        )
    }
}

/// `2`, `2%` or `0.5%`: from 0 to 50 percent.
struct PercentArgument: ExpressibleByArgument {
    var percent: Double

    init(percent: Double) { self.percent = percent }

    init?(argument: String) {
        let digits = argument.hasSuffix("%") ? argument.dropLast() : argument[...]
        guard let number = Double(digits), (0...50).contains(number) else { return nil }
        percent = number
    }

    var defaultValueDescription: String { "\(percent)" }
}
