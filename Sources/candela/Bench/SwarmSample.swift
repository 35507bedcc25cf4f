import Gateway
import Synchronization
import Telemetry

/// What the processes of a swarm say of themselves at one instant.
///
/// Snapshots hold shares since the start. To have those of the time between two samples, a share is
/// weighted with bytes that the harness has counted itself.
struct SwarmSample: Sendable {
    /// Where to ask, and how much has been published and handed over.
    struct Places: Sendable {
        var source: String
        var tracker: String?
        var viewers: [String]
        var published: Int
        var handedOver: [Int]
    }

    let places: Places
    let source: SwarmSnapshot?
    let tracker: SwarmSnapshot?
    let viewers: [SwarmSnapshot?]

    fileprivate init(asking places: Places) {
        self.places = places
        source = try? ControlClient.snapshot(path: places.source)
        tracker = places.tracker.flatMap { try? ControlClient.snapshot(path: $0) }
        viewers = places.viewers.map { try? ControlClient.snapshot(path: $0) }
    }

    /// A viewer's row of itself.
    func row(_ viewer: Int) -> PeerRow? {
        guard viewer < viewers.count else { return nil }
        return viewers[viewer]?.peers.first { $0.path == "self" }
    }

    /// The fewest distinct parents of a viewer among the first `count`; nil when one is unknown.
    func parentsLeast(of count: Int) -> Int? {
        let numbers = (0..<count).compactMap { row($0).map { Set($0.parents.values).count } }
        return numbers.count == count ? numbers.min() : nil
    }

    /// A share over the time since an earlier sample, from two shares since the start.
    static func between(
        _ first: (share: Double?, weight: Int),
        _ last: (share: Double?, weight: Int)
    ) -> Double? {
        guard let end = last.share, last.weight > first.weight else { return nil }
        guard let start = first.share else { return end }
        let difference = end * Double(last.weight) - start * Double(first.weight)
        return max(0, difference / Double(last.weight - first.weight))
    }
}

/// Takes a sample on a thread of its own, so that reading and publishing go on meanwhile.
final class SwarmSampler: Sendable {
    private let state = Mutex<SwarmSample?>(nil)

    init(_ places: SwarmSample.Places) {
        Thread.detach { [self] in
            let sample = SwarmSample(asking: places)
            state.withLock { $0 = sample }
        }
    }

    /// The sample, once everybody has answered or not.
    var sample: SwarmSample? { state.withLock { $0 } }
}
