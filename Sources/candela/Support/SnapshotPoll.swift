import Basics
import Dashboard
import Glibc
import Synchronization
import Telemetry

/// Asks another process for snapshots and pictures on threads of its own, so that the dashboard never
/// waits.
///
/// When the other side goes away, the value becomes nil until it answers again.
final class SnapshotPoll: Sendable {
    private struct State: Sendable {
        var snapshot: SwarmSnapshot?
        var picture: Picture?
        /// When the picture was last wanted, and when it was last asked for.
        var wantedAt: ContinuousClock.Instant?
        var askedAt: ContinuousClock.Instant?
    }

    private let source: WatchAttachment
    private let state: Mutex<State>

    /// Nobody asks for pictures more often.
    private static let picturePeriod = Duration.seconds(2)
    /// A picture that was not wanted for so long is on no screen.
    private static let interest = Duration.seconds(3)

    init(_ source: WatchAttachment, _ first: SwarmSnapshot?, interval: TimeSpan) {
        self.source = source
        state = Mutex(State(snapshot: first))
        // A dashboard that is drawn every second shows what is half a second old; from afar each
        // snapshot costs the network.
        let period = interval.nanoseconds / (source.source.isRemote ? 1_000 : 2_000)
        let pause = UInt32(min(max(50_000, period), 60_000_000))
        Thread.detach { [self] in
            while true {
                usleep(pause)
                let fresh = try? source.snapshot()
                state.withLock { $0.snapshot = fresh }
            }
        }
        Thread.detach { [self] in
            while true {
                usleep(200_000)
                if isPictureDue() {
                    let fresh = source.picture()
                    state.withLock { $0.picture = fresh ?? $0.picture }
                }
            }
        }
    }

    var value: SwarmSnapshot? { state.withLock { $0.snapshot } }

    /// The newest picture; asking makes a newer one come.
    var picture: Picture? {
        state.withLock { state in
            state.wantedAt = .now
            return state.picture
        }
    }

    private func isPictureDue() -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            guard let wanted = state.wantedAt, now - wanted < SnapshotPoll.interest else {
                return false
            }
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
