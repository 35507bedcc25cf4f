import Basics
import Synchronization

/// A file that is played, again and again, while the encoder is away; on a thread of its own.
final class OfflineCard: Sendable {
    /// How often the encoder is looked after.
    private static let interval = TimeSpan.milliseconds(50)

    private let path: String
    private let target: SourceSwitch
    private let output: FeedOutput
    private let signal: StopSignal
    private let thread = Mutex<WorkerThread?>(nil)
    private let playing = Mutex<StopSignal?>(nil)

    /// Will play a file into a switch; nil when the process has no descriptors left.
    init?(_ path: String, into target: SourceSwitch, _ output: FeedOutput) {
        guard let signal = StopSignal() else { return nil }
        self.signal = signal
        self.path = path
        self.target = target
        self.output = output
    }

    /// Opens the file as it will be played.
    /// - Throws: `IngestError` when it is missing, not media, or of a codec that cannot be carried.
    static func open(_ path: String, _ signal: StopSignal) throws(IngestError) -> RemuxFeed {
        let source = try ByteSource.open(path: path, signal: signal)
        guard source.nature != .stream else {
            throw IngestError(.badSource, "\(path): an offline card must be a file")
        }
        // Also MPEG-TS goes through the demuxer: what leaves is always whole frames.
        return try RemuxFeed(Demuxer.open(source), repetition: .loop, .patient)
    }

    /// Starts the thread.
    func start() {
        thread.withLock { $0 = WorkerThread { [self] in run() } }
    }

    /// Stops playing and returns when the thread has ended.
    func stop() {
        signal.raise()
        playing.withLock { $0?.raise() }
        let running = thread.withLock { $0 }
        running?.join()
    }

    private func run() {
        while signal.wait(until: MonotonicClock.now + OfflineCard.interval) == .due {
            guard let turn = StopSignal() else { continue }
            playing.withLock { $0 = turn }
            // A stop may have come before there was a turn to be ended.
            guard !signal.isRaised, target.beginCard(turn) else { continue }
            play(turn)
        }
    }

    private func play(_ turn: StopSignal) {
        let card = FeedOutput(
            pacing: .realTime,
            signal: turn,
            onPackets: { [target] in target.takeCard($0) },
            onEvent: { _ in }
        )
        do throws(IngestError) {
            try OfflineCard.open(path, turn).run(card)
        } catch {
            output.report(.advice("the offline card cannot be played: \(error.message)"))
            // Not again at once: the file may come back.
            _ = signal.wait(until: MonotonicClock.now + .seconds(5))
        }
    }
}
