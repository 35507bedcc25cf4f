import Basics
import Dashboard
import Glibc
import Synchronization
import Telemetry

/// Asks another process for snapshots and pictures on threads of its own, so that the dashboard never
/// waits.
///
/// Whoever looks at regular times finds what was asked for just before: nothing is asked for that nobody
/// sees. When the other side goes away, the value becomes nil until it answers again.
final class SnapshotPoll: Sendable {
    private struct State: Sendable {
        var snapshot: SwarmSnapshot?
        var picture: Picture?
        /// When the snapshot was last looked at.
        var seenAt: ContinuousClock.Instant?
        /// When the picture was last wanted, and when it was last asked for.
        var wantedAt: ContinuousClock.Instant?
        var askedAt: ContinuousClock.Instant?
        /// Whether a thread asks for pictures.
        var isPicturing = false
    }

    private let source: WatchAttachment
    private let state: Mutex<State>
    private let period: Duration

    /// Nobody asks for pictures more often.
    private static let picturePeriod = Duration.seconds(2)
    /// A picture that was not wanted for so long is on no screen.
    private static let interest = Duration.seconds(3)
    /// An answer is there so long before it is looked at, beside the time that the last one took.
    private static let margin = Duration.milliseconds(30)

    init(_ source: WatchAttachment, _ first: SwarmSnapshot?, interval: TimeSpan) {
        self.source = source
        state = Mutex(State(snapshot: first))
        period = .nanoseconds(min(max(50_000_000, interval.nanoseconds), 60_000_000_000))
        Thread.detach { [self] in
            var taken = Duration.zero
            if first == nil { ask(&taken) }
            while true {
                sleep(for: pause(taken))
                ask(&taken)
            }
        }
    }

    /// The newest snapshot; looking tells when the next one is wanted.
    var value: SwarmSnapshot? {
        state.withLock { state in
            state.seenAt = .now
            return state.snapshot
        }
    }

    /// The newest picture; asking makes a newer one come.
    var picture: Picture? {
        let (picture, isPicturing) = state.withLock { state in
            defer { state.isPicturing = true }
            state.wantedAt = .now
            return (state.picture, state.isPicturing)
        }
        if !isPicturing { Thread.detach { [self] in askForPictures() } }
        return picture
    }

    private func ask(_ taken: inout Duration) {
        let start = ContinuousClock.now
        let fresh = try? source.snapshot()
        taken = .now - start
        state.withLock { $0.snapshot = fresh }
    }

    /// How long to wait before the next question, when the last one took so long.
    private func pause(_ taken: Duration) -> Duration {
        let now = ContinuousClock.now
        guard let seenAt = state.withLock({ $0.seenAt }), now - seenAt < period else {
            return period
        }
        let lead = min(taken * 2 + SnapshotPoll.margin, period / 2)
        let wait = seenAt + period - lead - now
        // What was asked for this time is looked at first.
        return wait < period / 4 ? wait + period : wait
    }

    private func sleep(for span: Duration) {
        let (seconds, attoseconds) = span.components
        usleep(UInt32(clamping: max(1_000, seconds * 1_000_000 + attoseconds / 1_000_000_000_000)))
    }

    /// Asks for pictures as long as somebody looks at them.
    private func askForPictures() {
        while goesOnPicturing() {
            if isPictureDue() {
                let fresh = source.picture()
                state.withLock { $0.picture = fresh ?? $0.picture }
            }
            usleep(200_000)
        }
    }

    private func goesOnPicturing() -> Bool {
        state.withLock { state in
            state.isPicturing = state.wantedAt.map { .now - $0 < SnapshotPoll.interest } ?? false
            return state.isPicturing
        }
    }

    private func isPictureDue() -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            // The first answer of a node that nobody asked before is empty.
            if state.picture != nil, let asked = state.askedAt,
                now - asked < SnapshotPoll.picturePeriod
            {
                return false
            }
            state.askedAt = now
            return true
        }
    }
}
