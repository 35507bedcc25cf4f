import Basics
import Paths
import Simulation
import Wire

/// A host behind a NAT and two trackers of two ports each, in virtual time.
struct ProbeWorld {
    /// How well connected the world is.
    struct Conditions {
        /// The share of datagrams that are lost, each way.
        var loss = 0.0
        /// Whether the trackers answer for each other.
        var changes: StunMessage.Change = [.host, .port]
        /// Whether the trackers answer from where and to where they were asked, whatever they are told.
        var ignoresChanges = false
        /// Whether there is a second tracker.
        var trackers = 2
        /// IPv6 instead of IPv4.
        var family = NatSurvey.Family.ipv4
        /// New mappings by others per socket that the host opens.
        var noise = 0
    }

    private enum Occurrence {
        case arrival(socket: Int, bytes: [UInt8], from: Endpoint)
        case wake
    }

    var box: NatBox
    let host: Endpoint
    /// The four ports of the trackers: first host's first and second, second host's.
    let ports: [Endpoint]
    /// What is between them.
    let conditions: Conditions
    private let service: StunService
    private var heap = EventHeap<Occurrence>()
    private var random: SeededRandom
    private var insidePorts: [Int: UInt16] = [:]
    private var noisePort: UInt16 = 50_000
    private(set) var now = Instant.origin
    private(set) var sent = 0
    private(set) var closed: Set<Int> = []
    /// Sockets that were used.
    var used: Set<Int> { Set(insidePorts.keys) }

    init(
        _ configuration: NatBox.Configuration,
        _ conditions: Conditions = Conditions(),
        seed: UInt64
    ) {
        box = NatBox(configuration, seed: seed)
        self.conditions = conditions
        random = SeededRandom(seed: seed &+ 99)
        switch conditions.family {
        case .ipv4:
            host = Endpoint(ipv4: 0x0A00_0102, port: 0)
            let first = Endpoint(ipv4: 0xC633_640A, port: 3_478)
            let second = Endpoint(ipv4: 0xC633_640B, port: 3_478)
            ports = [first, first.with(port: 3_479), second, second.with(port: 3_479)]
        case .ipv6:
            host = Endpoint(high: 0x2001_0DB8_0000_0001, low: 5, port: 0)
            let first = Endpoint(high: 0x2001_0DB8_0000_0002, low: 1, port: 3_478)
            let second = Endpoint(high: 0x2001_0DB8_0000_0003, low: 1, port: 3_478)
            ports = [first, first.with(port: 3_479), second, second.with(port: 3_479)]
        }
        service = StunService(changes: conditions.changes, generosity: .never, software: "test")
    }

    var landmarks: NatProbe.Landmarks {
        NatProbe.Landmarks(
            primary: ports[0],
            otherPort: ports[1],
            otherHost: conditions.trackers > 1 ? ports[2] : nil,
            changes: [.host, .port]
        )
    }

    /// Runs a probe to its end.
    mutating func reading(seed: UInt64) -> NatReading {
        var probe = NatProbe(landmarks, insideHosts: [host], seed: seed, at: now)
        var effects: [NatProbe.Effect] = []
        probe.advance(to: now, into: &effects)
        perform(&effects, deadline: probe.nextDeadline)
        while probe.phase != .done, let (time, event) = heap.removeFirst() {
            now = time
            if case .arrival(let socket, let bytes, let from) = event {
                let place = (number: socket, port: insidePorts[socket] ?? 0)
                probe.receive(Bytes(bytes), from: from, on: place, at: now, into: &effects)
            }
            probe.advance(to: now, into: &effects)
            perform(&effects, deadline: probe.nextDeadline)
        }
        return probe.reading
    }

    /// Runs a probe of the binding's lifetime to its end.
    mutating func bounds(seed: UInt64) -> LifetimeProbe.Bounds {
        var probe = LifetimeProbe(ports[0], seed: seed, at: now)
        var effects: [NatProbe.Effect] = []
        probe.advance(to: now, into: &effects)
        perform(&effects, deadline: probe.nextDeadline)
        while !probe.isDone, let (time, event) = heap.removeFirst() {
            now = time
            if case .arrival(let socket, let bytes, _) = event {
                probe.receive(Bytes(bytes), on: socket, at: now, into: &effects)
            }
            probe.advance(to: now, into: &effects)
            perform(&effects, deadline: probe.nextDeadline)
        }
        return probe.bounds
    }

    private mutating func perform(_ effects: inout [NatProbe.Effect], deadline: Instant?) {
        for effect in effects {
            switch effect {
            case .send(let outgoing, let socket): send(outgoing, socket)
            case .close(let socket): closed.insert(socket)
            }
        }
        effects = []
        if let deadline { heap.insert(.wake, at: max(deadline, now)) }
    }

    private mutating func send(_ outgoing: Outgoing, _ socket: Int) {
        sent += 1
        if insidePorts[socket] == nil {
            // As an operating system chooses them: neither contiguous nor known.
            insidePorts[socket] = UInt16(32_768 + random.below(16_000))
            disturb()
        }
        let inside = host.with(port: insidePorts[socket] ?? 0)
        if box.owns(outgoing.endpoint) {
            guard let turned = box.turned(from: inside, to: outgoing.endpoint, at: now) else {
                return
            }
            arrive(outgoing.bytes, from: turned.from, at: turned.to, after: .milliseconds(1))
            return
        }
        guard let seen = box.outbound(from: inside, to: outgoing.endpoint, at: now), !isLost(),
            let place = ports.firstIndex(of: outgoing.endpoint),
            let answer = service.answer(Bytes(outgoing.bytes), from: seen), !isLost()
        else { return }
        var from = place
        if answer.from.contains(.port), !conditions.ignoresChanges { from ^= 1 }
        if answer.from.contains(.host), !conditions.ignoresChanges { from ^= 2 }
        // It comes back 40 ms later, while the NAT is as it is then.
        let later = now + .milliseconds(40)
        let endpoint = conditions.ignoresChanges ? seen : answer.endpoint
        let target = box.inbound(from: ports[from], to: endpoint, at: later)
        if let target {
            arrive(answer.bytes, from: ports[from], at: target, after: .milliseconds(40))
        }
    }

    private mutating func arrive(
        _ bytes: [UInt8],
        from: Endpoint,
        at inside: Endpoint,
        after delay: TimeSpan
    ) {
        guard let socket = insidePorts.first(where: { $0.value == inside.port })?.key,
            !closed.contains(socket)
        else { return }
        heap.insert(.arrival(socket: socket, bytes: bytes, from: from), at: now + delay)
    }

    private mutating func disturb() {
        let neighbour = Endpoint(ipv4: 0x0A00_0109, port: 0)
        for _ in 0..<conditions.noise where random.below(3) == 0 {
            noisePort += 1
            _ = box.outbound(from: neighbour.with(port: noisePort), to: ports[3], at: now)
        }
    }

    private mutating func isLost() -> Bool {
        conditions.loss > 0 && random.unit() < conditions.loss
    }
}
