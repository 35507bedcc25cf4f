import ArgumentParser
import Basics
import FoundationEssentials
import Gateway
import Glibc
import Telemetry

/// The verb `candela bench players`.
struct PlayersBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "players",
        abstract: "Many players on one node.",
        discussion: """
            Serves a stamped stream over HTTP to many players in another process, and to one more that \
            never reads. CPU time is that of the serving process alone; delay is from the hand-over to \
            the gateway to a player's read.
            """
    )

    @Option(help: "How many players.")
    var players = 200

    @Option(help: "Rate of the stream.")
    var rate = RateArgument(megabits: 3)

    @Option(help: "How long is measured, after a warm-up of 2 s.")
    var seconds = 10.0

    @Option(help: "Media is handed over so often.")
    var interval = SpanArgument(.milliseconds(100))

    @Option(help: ArgumentHelp("Be the players of the gateway on this port.", visibility: .hidden))
    var load: Int?

    @OptionGroup var options: BenchOptions

    private static let warmUp = 2.0

    func validate() throws {
        guard (1...250).contains(players) else {
            throw ValidationError("--players takes 1 to 250")
        }
        guard (100_000...50_000_000).contains(rate.rate.bitsPerSecond) else {
            throw ValidationError("--rate takes 100k to 50M")
        }
        guard (1...600).contains(seconds) else {
            throw ValidationError("--seconds takes 1 to 600")
        }
        guard (TimeSpan.milliseconds(10)...TimeSpan.seconds(1)).contains(interval.span) else {
            throw ValidationError("--interval takes 10ms to 1s")
        }
    }

    func run() async throws {
        if let load { return try runPlayers(port: load) }
        let history = LiveHistory()
        var configuration = GatewayConfiguration(history: history) { SwarmSnapshot() }
        configuration.port = 0
        let gateway = try await Gateway.start(configuration)
        let feed = StampedFeed(history, rate.rate, interval.span)
        feed.start()
        let pipe = try BenchPipe()
        let child = try ChildProcess(
            .init(
                arguments: [
                    ChildProcess.own, "bench", "players", "--load", "\(gateway.port)",
                    "--players", "\(players)", "--seconds", "\(seconds)",
                ],
                output: pipe.writeEnd
            )
        )
        defer { child.end() }
        close(pipe.writeEnd)
        options.progress("\(players) players for \(seconds) s")
        try await Task.sleep(for: .seconds(PlayersBenchCommand.warmUp))
        let (cpu, wall) = (BenchClock.processTime, BenchClock.now)
        try await Task.sleep(for: .seconds(seconds))
        let share = Double(BenchClock.processTime - cpu) / Double(BenchClock.now - wall)
        let readers = history.readerCount
        guard child.wait(seconds: 20), let figures = PlayersFigures(from: pipe.readEnd) else {
            throw CommandFailure(.io, "the players have told nothing: \(child.lastWords)")
        }
        feed.stop()
        await gateway.stop()
        try report(figures, share, readers, history)
    }

    private func runPlayers(port: Int) throws {
        let load = try PlayersLoad(port: port, players: players)
        let figures = load.run(warmUp: PlayersBenchCommand.warmUp, seconds: seconds)
        guard let text = try? JSONEncoder().encode(figures) else { return }
        try StandardOutput.line(String(decoding: text, as: UTF8.self))
    }

    private func report(
        _ figures: PlayersFigures,
        _ share: Double,
        _ readers: Int,
        _ history: LiveHistory
    ) throws {
        let due = Double(rate.rate.bitsPerSecond) / 8 * figures.seconds
        var result = BenchResult("players")
        result["players"] = .count(players)
        result["rate_bps"] = .number(Double(rate.rate.bitsPerSecond))
        result["seconds"] = .number(figures.seconds)
        result["interval_ms"] = .number(interval.span.seconds * 1_000)
        result["cpu_cores"] = .number(share)
        result["cpu_us_per_player_s"] = .number(share * 1e6 / Double(players))
        result["received_mean"] = .number(figures.bytesMean / due)
        result["received_worst"] = .number(figures.bytesLeast / due)
        result["delay_ms_p50"] = .number(figures.delayMedian)
        result["delay_ms_p99"] = .number(figures.delayP99)
        result["delay_ms_worst"] = .number(figures.delayWorst)
        result["readers_at_end"] = .count(readers)
        result["history_bytes"] = .count(history.heldBytes)
        try options.print(result)
        guard figures.bytesLeast >= 0.9 * due else {
            throw CommandFailure(.io, "a player got less than 90 % of the stream")
        }
    }
}

/// Feeds a history with a stream of constant rate whose chunks say when they were handed over.
private final class StampedFeed: Sendable {
    private let history: LiveHistory
    private let packets: Int
    private let interval: Int64
    private let task = TaskBox()

    init(_ history: LiveHistory, _ rate: BitRate, _ interval: TimeSpan) {
        self.history = history
        self.interval = interval.nanoseconds
        let bytes = Double(rate.bitsPerSecond) / 8 * interval.seconds
        packets = max(1, Int((bytes / 188).rounded()))
    }

    func start() {
        Thread.detach { [self] in
            var due = BenchClock.now
            var number = 0
            while !task.isEnded {
                var bytes = [UInt8](repeating: 0xFF, count: packets * 188)
                for at in stride(from: 0, to: bytes.count, by: 188) {
                    bytes.replaceSubrange(at..<(at + 4), with: [0x47, 0x1F, 0xFF, 0x10])
                }
                PlayersStamp.write(BenchClock.now, into: &bytes)
                let isKeyFrame = Int64(number) * interval % 2_000_000_000 < interval
                let chunk = LiveChunk(
                    bytes: Bytes(bytes),
                    mediaTime: TimeSpan(nanoseconds: Int64(number) * interval),
                    marks: isKeyFrame ? .keyFrame : []
                )
                history.append(chunk, at: Instant(nanoseconds: BenchClock.now))
                number += 1
                due += interval
                usleep(UInt32(max(0, due - BenchClock.now) / 1_000))
            }
        }
    }

    func stop() { task.end() }
}
