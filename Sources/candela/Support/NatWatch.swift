import Basics
import Glibc
import Paths
import Surroundings
import Synchronization
import Transport

/// Finds out the NAT that a running peer is behind, by questions to its trackers, and tells the peer.
///
/// On a thread of its own, for the questions block. The mapping is known after two round trips, and
/// everything after some seconds; where ports are given away one after the other, the newest one is
/// looked at every 2 s, because others aim by it.
final class NatWatch: Sendable {
    private static let lookInterval = TimeSpan.seconds(2)
    /// A tracker that starts together with us may need a moment.
    private static let triesMax = 5

    private let driver: Driver
    private let trackers: [Endpoint]
    private let mapped: MappedPort
    private let isStopped = Mutex(false)

    /// Begins to look, unless all trackers are on this machine: then all peers are.
    init(_ driver: Driver, trackers: [Endpoint], _ mapped: MappedPort) {
        self.driver = driver
        self.trackers = trackers.filter { !$0.isLoopback }
        self.mapped = mapped
        guard !self.trackers.isEmpty else { return }
        Thread.detach { [self] in run() }
    }

    /// Looks no more.
    func stop() { isStopped.withLock { $0 = true } }

    private var isOver: Bool { isStopped.withLock { $0 } }

    private func run() {
        guard let (server, binding) = firstAnswer() else { return }
        let second = trackers.first {
            !$0.sharesHost(with: server) && ($0.ipv4 == nil) == (server.ipv4 == nil)
        }
        let landmarks = TrackerProbe.landmarks(server, binding, second: second)
        let own = OwnAddresses.present
        let reading = NatSurveyor.reading(landmarks, own) { [self] in tell($0) }
        tell(reading)
        guard reading.isReachable, reading.type.mapping != .endpointIndependent,
            reading.type.allocation == .contiguous
        else { return }
        var newest = reading
        while !isOver {
            usleep(UInt32(NatWatch.lookInterval.nanoseconds / 1_000))
            guard let seen = TrackerProbe.binding(server)?.mapped else { continue }
            newest.outside = seen
            tell(newest)
        }
    }

    private func firstAnswer() -> (Endpoint, TrackerProbe.Binding)? {
        for number in 0..<NatWatch.triesMax where !isOver {
            let server = trackers[number % trackers.count]
            if let binding = TrackerProbe.binding(server) { return (server, binding) }
        }
        return nil
    }

    private func tell(_ reading: NatReading) {
        guard reading.isReachable, !isOver else { return }
        var outlook = NatOutlook(
            reading.type,
            delta: reading.delta,
            newestPort: reading.outside?.port ?? 0,
            insidePort: driver.local.port
        )
        if reading.hairpin == .yes { outlook.traits.insert(.hairpins) }
        if reading.translation == .none { outlook.traits.insert(.untranslated) }
        // What comes to the mapped port is passed on, whoever sends it, if it is the port that others see.
        let isSeen = mapped.mapping.outside?.port == driver.local.port
        if isSeen, outlook.type.mapping == .endpointIndependent,
            outlook.type.allocation == .preserving
        {
            outlook.type.filtering = .endpointIndependent
        }
        driver.learn(outlook)
    }
}
