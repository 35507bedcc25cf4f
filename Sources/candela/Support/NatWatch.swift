import Basics
import Glibc
import Paths
import Surroundings
import Synchronization
import Transport
import Wire

/// Finds out the NAT that a running peer is behind, by questions to its trackers, and tells the peer.
///
/// On threads of its own, for the questions block. The mapping is known after one round trip, and
/// everything after some seconds; where ports are given away one after the other, the newest one is
/// looked at every 2 s, because others aim by it. Then comes how long the NAT remembers who is silent.
final class NatWatch: Sendable {
    private static let lookInterval = TimeSpan.seconds(2)
    /// A tracker that starts together with us may need a moment.
    private static let triesMax = 5
    /// The spans of silence are tried when peers have met, for each takes a port.
    private static let lifetimeAfter = TimeSpan.seconds(6)

    /// How much of the NAT was looked at.
    private enum Knowledge {
        case provisional
        case complete
    }

    private let driver: Driver
    private let trackers: [Endpoint]
    private let mapped: MappedPort
    private let isStopped = Mutex(false)

    /// Whether there is something to look at: when all trackers are on this machine, all peers are.
    static func looks(for trackers: [Endpoint]) -> Bool { trackers.contains { !$0.isLoopback } }

    /// Begins to look.
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
        guard let (server, reading) = survey() else { return }
        if reading.translation != .none {
            Thread.detach { [self] in measureLifetime(server) }
        }
        let isMoving =
            reading.type.mapping != .endpointIndependent && reading.type.allocation == .contiguous
        var newest = reading
        var told: PortMapping?
        while !isOver {
            // The questions themselves have taken ports, this one the last.
            if isMoving, let seen = TrackerProbe.binding(server)?.mapped { newest.outside = seen }
            // The router may be slower than the trackers, and lose the mapping again.
            let mapping = mapped.mapping
            if isMoving || mapping != told { tell(newest, .complete) }
            told = mapping
            usleep(UInt32(NatWatch.lookInterval.nanoseconds / 1_000))
        }
    }

    /// Looks from the first tracker that answers.
    private func survey() -> (server: Endpoint, NatReading)? {
        for number in 0..<NatWatch.triesMax where !isOver {
            let server = trackers[number % trackers.count]
            let reading = NatSurveyor.reading(landmarks(server), OwnAddresses.present) { [self] in
                tell($0, .provisional)
            }
            if reading.isReachable { return (server, reading) }
        }
        return nil
    }

    /// A tracker answers at the port after its own too: both are asked at once, and another tracker.
    private func landmarks(_ server: Endpoint) -> NatProbe.Landmarks {
        let second = trackers.first {
            !$0.sharesHost(with: server) && ($0.ipv4 == nil) == (server.ipv4 == nil)
        }
        return NatProbe.Landmarks(
            primary: server,
            otherPort: server.port < .max ? server.with(port: server.port + 1) : nil,
            otherHost: second,
            changes: .port
        )
    }

    private func measureLifetime(_ server: Endpoint) {
        usleep(UInt32(NatWatch.lifetimeAfter.nanoseconds / 1_000))
        guard !isOver else { return }
        let bounds = NatSurveyor.lifetime(
            server,
            spans: LifetimeProbe.shortSpans,
            within: .seconds(15)
        )
        guard !isOver, bounds.alive > .zero || bounds.gone != nil else { return }
        driver.learn(mappingsLive: bounds.alive)
    }

    private func tell(_ reading: NatReading, _ knowledge: Knowledge) {
        guard reading.isReachable, !isOver else { return }
        var outlook = NatOutlook(
            reading.type,
            delta: reading.delta,
            newestPort: reading.outside?.port ?? 0,
            insidePort: driver.local.port
        )
        if knowledge == .provisional { outlook.traits.insert(.provisional) }
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
