import Basics

/// Holds media back until it is due on the monotonic clock.
struct Pacer {
    /// How late media may be before the schedule moves: after a pause of the machine or of a pipe
    /// the programme goes on at its own speed instead of catching up in a burst.
    private static let lagMax = TimeSpan.milliseconds(500)

    private let pacing: Pacing
    private let signal: StopSignal
    private var start: Instant?

    /// Makes a pacer; the first wait sets its zero.
    init(_ output: FeedOutput) {
        pacing = output.pacing
        signal = output.signal
    }

    /// What a wait for media came to.
    enum Verdict {
        /// Hand it over now.
        case due
        /// Return: the feed was stopped.
        case stopped
    }

    /// Waits until media of a time on the programme's clock is due.
    mutating func wait(until media: TimeSpan) -> Verdict {
        guard !signal.isRaised else { return .stopped }
        switch pacing {
        case .none: return .due
        case .realTime: return waitInRealTime(until: media)
        }
    }

    private mutating func waitInRealTime(until media: TimeSpan) -> Verdict {
        let now = MonotonicClock.now
        let begin = start ?? (now - media)
        let due = begin + media
        guard due > now else {
            start = now - due > Pacer.lagMax ? now - media : begin
            return .due
        }
        start = begin
        switch signal.wait(until: due) {
        case .due, .readable: return .due
        case .stopped: return .stopped
        }
    }
}
