import Gateway
import Glibc
import Synchronization
import Telemetry

/// Asks a control socket for snapshots on a thread of its own, so that the dashboard never waits.
///
/// When the other side goes away, the value becomes nil until it answers again.
final class SnapshotPoll: Sendable {
    private let state: Mutex<SwarmSnapshot?>

    init(_ path: String, _ first: SwarmSnapshot) {
        state = Mutex(first)
        Thread.detach { [self] in
            while true {
                usleep(500_000)
                let fresh = try? ControlClient.snapshot(path: path)
                state.withLock { $0 = fresh }
            }
        }
    }

    var value: SwarmSnapshot? { state.withLock { $0 } }
}
