import Basics
import Glibc
import Overlay
import Synchronization
import Telemetry
import Transport

/// Watches over whether anything comes, says that it waits, and ends the wait with words for the
/// cause.
struct SourceWatch: Sendable {
    /// A stream that has played and then stays away for so long is over, unless the user wants to
    /// wait longer; an encoder that returns within a minute is not noticed by players.
    static let absenceMax = TimeSpan.seconds(60)
    /// Who waits hears of it after so long, and then every so often.
    private static let wordsAfter = TimeSpan.seconds(2)
    private static let wordsEvery = TimeSpan.seconds(30)

    let progress: Progress
    let settings: ViewerStation.Settings
    let display: DisplayHost

    /// Begins; `onStop` is called at most once.
    func start(_ clock: DriverClock, _ onStop: @escaping @Sendable (StopReason) -> Void) {
        let start = clock.now
        Thread.detach { [self] in
            var spoken = start + SourceWatch.wordsAfter
            while true {
                usleep(200_000)
                guard !progress.isOver else { return }
                let now = clock.now
                if let failure = progress.verdict(settings, start, now) {
                    return onStop(.failed(failure))
                }
                guard let end = progress.waitsUntil(settings, start, now), now >= spoken else {
                    continue
                }
                spoken = now + SourceWatch.wordsEvery
                say(until: end, now)
            }
        }
    }

    private func say(until end: Instant, _ now: Instant) {
        let left = max(0, (end - now).seconds.rounded())
        let text = "waiting for the source, for \(Int(min(left, 1e9))) s more at most"
        display.log(Event(time: now, severity: .info, kind: .stream, text: text))
    }
}

/// How far a viewer has come, for the words at the end.
final class Progress: Sendable {
    private struct State {
        var deliveredAt: Instant?
        var hasTracker = false
        var hasStream = false
        var isRefused = false
        var isOver = false
    }

    private let state = Mutex(State())

    /// Whether nobody waits any more.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Ends the watch.
    func end() { state.withLock { $0.isOver = true } }

    func note(_ now: Instant) { state.withLock { $0.deliveredAt = now } }

    func note(_ event: Event) {
        state.withLock { state in
            if event.kind == .stream, event.severity == .info { state.hasStream = true }
            guard event.kind == .tracker else { return }
            if event.severity == .info { state.hasTracker = true }
            if event.text.contains("refused") { state.isRefused = true }
        }
    }

    /// Until when to wait for what does not come; nil while the stream plays.
    func waitsUntil(
        _ settings: ViewerStation.Settings,
        _ start: Instant,
        _ now: Instant
    ) -> Instant? {
        guard let last = state.withLock({ $0.deliveredAt }) else {
            return start + settings.wait.time
        }
        return now - last > .seconds(5) ? last + Progress.absence(settings) : nil
    }

    /// How long a stream that has played may stay away.
    private static func absence(_ settings: ViewerStation.Settings) -> TimeSpan {
        max(SourceWatch.absenceMax, settings.wait.isWanted ? settings.wait.time : .zero)
    }

    /// What to say when there is nothing to play; nil while there is hope.
    func verdict(
        _ settings: ViewerStation.Settings,
        _ start: Instant,
        _ now: Instant
    ) -> CommandFailure? {
        let (state, wait) = (self.state.withLock { $0 }, settings.wait)
        if let last = state.deliveredAt {
            let absence = Progress.absence(settings)
            guard now - last > absence else { return nil }
            return CommandFailure(
                .sourceOffline,
                "nothing has come for \(Int(absence.seconds)) s; the source is offline"
            )
        }
        if state.isRefused {
            return CommandFailure(.refused, "the tracker refused us; is the link current?")
        }
        guard now - start > wait.time + settings.latency else { return nil }
        let place = settings.trackers.first.map { $0.endpoint.description } ?? "?"
        let advice = wait.isWanted ? "" : "; try again later or use --wait"
        if state.hasStream {
            return CommandFailure(
                .sourceOffline,
                "the stream is there, but nothing of it could be played within"
                    + " \(Int(wait.time.seconds)) s: its encoder may be silent, or the swarm short of"
                    + " upload\(advice)"
            )
        }
        if state.hasTracker {
            return CommandFailure(
                .sourceOffline,
                "the tracker answers, but the source is offline\(advice)"
            )
        }
        if wait.isWanted {
            return CommandFailure(
                .sourceOffline,
                "no source within \(wait.time.seconds) s, and no tracker answers at \(place)"
            )
        }
        return CommandFailure(
            .unreachable,
            "cannot reach the tracker at \(place) over UDP; is the broadcast running, and does"
                + " a firewall stand between?"
        )
    }
}
