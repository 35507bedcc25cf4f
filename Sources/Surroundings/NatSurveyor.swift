public import Basics
public import Paths

/// Runs a probe of one's own NAT on real sockets; the calls block.
public enum NatSurveyor {
    /// No probe takes longer: three phases of silence of 2.2 s each, and the answers in between.
    private static let patience = TimeSpan.seconds(15)

    /// Finds out the type of the NAT between us and the landmarks.
    ///
    /// `onPhase` is called with what is known whenever the probe enters another phase.
    public static func reading(
        _ landmarks: NatProbe.Landmarks,
        _ own: OwnAddresses,
        onPhase: (NatReading) -> Void = { _ in }
    ) -> NatReading {
        var generator = SystemRandomNumberGenerator()
        let start = Stopwatch.now
        var probe = NatProbe(landmarks, insideHosts: own.all, seed: generator.next(), at: start)
        var sockets = ProbeSockets(like: landmarks.primary)
        var phase = probe.phase
        while probe.phase != .done, Stopwatch.now - start < patience {
            if probe.phase != phase {
                phase = probe.phase
                onPhase(probe.reading)
            }
            var effects: [NatProbe.Effect] = []
            probe.advance(to: Stopwatch.now, into: &effects)
            sockets.perform(effects)
            guard let due = probe.nextDeadline else { break }
            sockets.wait(until: due)
            for arrival in sockets.arrivals() {
                var effects: [NatProbe.Effect] = []
                probe.receive(
                    arrival.datagram,
                    from: arrival.from,
                    on: (arrival.number, arrival.port),
                    at: Stopwatch.now,
                    into: &effects
                )
                sockets.perform(effects)
            }
        }
        return probe.reading
    }

    /// Finds out how long the NAT keeps a mapping, as far as a span allows.
    ///
    /// The tracker must answer to other ports than the asking one (RFC 5780 section 7.5).
    public static func lifetime(
        _ tracker: Endpoint,
        spans: [TimeSpan] = LifetimeProbe.spans,
        within span: TimeSpan
    ) -> LifetimeProbe.Bounds {
        var generator = SystemRandomNumberGenerator()
        let start = Stopwatch.now
        var probe = LifetimeProbe(
            tracker,
            spans: spans,
            seed: generator.next(),
            at: start
        )
        var sockets = ProbeSockets(like: tracker)
        while !probe.isDone, Stopwatch.now - start < span {
            var effects: [NatProbe.Effect] = []
            probe.advance(to: Stopwatch.now, into: &effects)
            sockets.perform(effects)
            guard let due = probe.nextDeadline else { break }
            sockets.wait(until: min(due, start + span))
            for arrival in sockets.arrivals() {
                var effects: [NatProbe.Effect] = []
                probe.receive(
                    arrival.datagram,
                    on: arrival.number,
                    at: Stopwatch.now,
                    into: &effects
                )
                sockets.perform(effects)
            }
        }
        return probe.bounds
    }
}

/// The sockets of a probe, by its numbers.
struct ProbeSockets {
    /// A datagram that came to one of them.
    struct Arrival {
        var datagram: Bytes
        var from: Endpoint
        var number: Int
        var port: UInt16
    }

    private let example: Endpoint
    private var sockets: [Int: DatagramSocket] = [:]

    /// Will open sockets of the family of an endpoint.
    init(like example: Endpoint) { self.example = example }

    mutating func perform(_ effects: [NatProbe.Effect]) {
        for effect in effects {
            switch effect {
            case .send(let outgoing, let number):
                if sockets[number] == nil { sockets[number] = DatagramSocket(like: example) }
                sockets[number]?.send(outgoing.bytes, to: outgoing.endpoint)
            case .close(let number): sockets[number] = nil
            }
        }
    }

    func wait(until due: Instant) {
        DatagramSocket.wait(for: sockets.values.map(\.handle), atMost: due - Stopwatch.now)
    }

    /// What has come, socket by socket.
    func arrivals() -> [Arrival] {
        var arrivals: [Arrival] = []
        for (number, socket) in sockets.sorted(by: { $0.key < $1.key }) {
            let port = socket.local?.port ?? 0
            while case .datagram(let datagram, let from) = socket.receive() {
                arrivals.append(Arrival(datagram: datagram, from: from, number: number, port: port))
            }
        }
        return arrivals
    }
}
