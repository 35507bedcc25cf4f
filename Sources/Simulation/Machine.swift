import Basics
import Driving
import Overlay
import Secrecy
import Tracking
import Wire

/// A machine of the simulated network: an endpoint and the cores that run behind it.
///
/// It has identity, and it holds cores that cannot be copied; so it is a class.
final class Machine {
    /// Whether the machine runs.
    enum State: Equatable {
        case running
        /// It does nothing before the instant; what arrives waits.
        case paused(until: Instant)
        /// Crashed or left.
        case gone
    }

    let index: Int
    let endpoint: Endpoint
    /// The NAT that it is behind, if any: then the endpoint is one of its local network.
    let lan: Lan?
    /// How often its NAT was looked at.
    var surveys: UInt16 = 0
    /// The index of the first machine at this endpoint: what is proved of an address stays proved.
    let site: Int
    var access: AccessLink
    let place: Place
    /// The class of its viewer, and its number among the viewers; nil for source and tracker.
    let seat: Seat?
    /// The cap that its peer was told.
    let uploadCap: BitRate?
    /// Its clock minus virtual time.
    let skew: TimeSpan
    let joinedAt: Instant
    var peer: Peer?
    var tracker: Tracker?
    var state = State.running
    /// It is on the far side of the partition.
    var isCutOff = false
    /// The next process on the same machine, at the same endpoint.
    var successor: Int?
    var random: SeededRandom

    // The timer.
    private(set) var peerDue = Instant.distantFuture
    private(set) var trackerDue = Instant.distantFuture
    private(set) var wakeAt = Instant.distantFuture
    private(set) var wakeGeneration: UInt32 = 0
    /// Timers in the event queue, replaced ones included.
    var timersWaiting = 0

    // The way to the network.
    private var upFreeAt = Instant.origin
    private var downFreeAt = Instant.origin
    private var chain = BurstLoss.Chain()
    var wireOut = 0
    var wireIn = 0
    var tailDrops = 0
    /// Wire bytes sent beyond the cap's rate, now and at most.
    private var excess = 0.0
    private var excessAt: Instant
    private(set) var excessMax = 0.0

    /// What waits in the socket while the machine is paused.
    var socket: [Flight] = []
    private var socketSize = 0
    var socketDrops = 0
    /// Linux gives a UDP socket 208 KiB unless it asks for more (net.core.rmem_default).
    private static let socketMax = 212_992

    /// What it hands over; nil for a machine without a viewer.
    var viewing: Viewing?
    var courtesy = Courtesy()
    /// It has had a reason to be idle until then.
    var excusedUntil = Instant.origin

    init(_ plan: Plan, at now: Instant) {
        index = plan.index
        endpoint = plan.endpoint
        lan = plan.lan
        site = plan.site
        access = plan.access
        place = plan.place
        seat = plan.seat
        uploadCap = plan.uploadCap
        skew = plan.skew
        random = plan.random
        joinedAt = now
        excessAt = now
    }

    /// What a machine is made from.
    struct Plan {
        var index: Int
        var endpoint: Endpoint
        var lan: Lan?
        var site: Int
        var place: Place
        var access = AccessLink()
        var uploadCap: BitRate?
        var skew = TimeSpan.zero
        var seat: Seat?
        var random: SeededRandom
    }

    /// Which viewer of which class it is.
    struct Seat {
        var viewers: Int
        var number: Int
    }

    var isGone: Bool { state == .gone }
    /// The network that others see it in.
    var prefix: UInt64 { (lan?.outside ?? endpoint).prefix }
    /// What it may and can send at most; nil for no limit.
    var uploadLimit: BitRate? {
        guard let cap = uploadCap, let up = access.up else { return uploadCap ?? access.up }
        return min(cap, up)
    }

    /// What a tracker beside the source takes of their cap the source gives.
    func settleUplink(at local: Instant) {
        guard let borrowed = tracker?.takeBorrowed() else { return }
        peer?.lendUplink(borrowed, at: local)
    }

    /// The time that the machine's own clock shows.
    func local(_ now: Instant) -> Instant { now + skew }

    /// Asks a core that was just called when it wants to be called again.
    ///
    /// A core changes only when it is called, so it need not be asked again until then.
    func noteDeadline(of core: Envelope.Service) {
        let deadline =
            switch core {
            case .peer: peer?.nextDeadline
            case .tracker: tracker?.nextDeadline
            }
        let virtual = deadline.map { $0 - skew } ?? .distantFuture
        switch core {
        case .peer: peerDue = virtual
        case .tracker: trackerDue = virtual
        }
    }

    /// When its cores want to be called, in virtual time.
    var nextDeadline: Instant? {
        let earliest = min(peerDue, trackerDue)
        return earliest == .distantFuture ? nil : earliest
    }

    /// Asks for a timer no later than an instant: its generation, or nil when one is set already.
    func arm(at deadline: Instant) -> UInt32? {
        guard deadline < wakeAt else { return nil }
        wakeAt = deadline
        wakeGeneration &+= 1
        return wakeGeneration
    }

    /// Takes the timer off; false for one that was replaced.
    func fire(_ generation: UInt32) -> Bool {
        guard generation == wakeGeneration else { return false }
        wakeAt = .distantFuture
        return true
    }

    /// Puts wire bytes into the queue of the uplink: when they have left it, or nil when the queue is
    /// full.
    func depart(_ size: Int, at now: Instant) -> Instant? {
        pass(size, access.up, &upFreeAt, at: now)
    }

    /// Puts wire bytes into the queue of the downlink, which the network fills: when they are through,
    /// or nil when the queue is full.
    func enter(_ size: Int, at now: Instant) -> Instant? {
        pass(size, access.down, &downFreeAt, at: now)
    }

    private func pass(
        _ size: Int,
        _ rate: BitRate?,
        _ freeAt: inout Instant,
        at now: Instant
    ) -> Instant? {
        guard let rate else { return now }
        let start = max(now, freeAt)
        guard start - now <= access.queue else {
            tailDrops += 1
            return nil
        }
        freeAt = start + rate.span(ofBytes: size)
        return freeAt
    }

    /// Whether the next datagram is lost in a burst.
    func loses(_ burst: BurstLoss) -> Bool { chain.loses(burst, &random) }

    /// Counts wire bytes that the peer sent, against its cap.
    func count(sent size: Int, at now: Instant) {
        guard let cap = uploadCap else { return }
        let drained = (now - excessAt).seconds * Double(cap.bitsPerSecond) / 8
        excess = max(0, excess - drained) + Double(size)
        excessAt = now
        excessMax = max(excessMax, excess)
    }

    /// Keeps a datagram for later while the machine is paused.
    func hold(_ flight: Flight) {
        guard socketSize + flight.datagram.count <= Machine.socketMax else {
            socketDrops += 1
            return
        }
        socketSize += flight.datagram.count
        socket.append(flight)
    }

    /// What arrived during a pause.
    func takeSocket() -> [Flight] {
        defer {
            socket = []
            socketSize = 0
        }
        return socket
    }

    /// Stops for good.
    func end() {
        state = .gone
        peer = nil
        tracker = nil
        peerDue = .distantFuture
        trackerDue = .distantFuture
        socket = []
        socketSize = 0
        courtesy = Courtesy()
        wakeGeneration &+= 1
        wakeAt = .distantFuture
    }
}

/// A datagram on its way.
struct Flight {
    var datagram: Datagram
    /// The sending machine.
    var from: Int
    /// The address that the receiver sees it come from.
    var source: Endpoint
    /// The outside port of the NAT before the receiver; 0 without one.
    var port: UInt16 = 0
}
