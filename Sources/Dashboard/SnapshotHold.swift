public import Telemetry

/// Keeps the screen's snapshot while it is frozen.
public struct SnapshotHold: Sendable {
    private var held: SwarmSnapshot?

    /// Holds nothing yet.
    public init() {}

    /// The snapshot to show: the latest, or the one that was shown when the screen froze.
    public mutating func shown(_ latest: SwarmSnapshot?, _ state: ViewState) -> SwarmSnapshot? {
        guard state.isFrozen, held != nil else {
            held = latest ?? held
            return latest
        }
        return held
    }
}
