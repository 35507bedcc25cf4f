import Basics
import Driving
import Overlay
import Telemetry
import Tracking
import Wire

/// A tracker, a source, a relay and its children in one process and in virtual time, wired by hand.
///
/// Datagrams take a millisecond and are never lost. The children upload nothing and the source only
/// one copy of the stream, so the relay feeds all children. Only what the relay does is timed.
final class HopStage {
    /// One core at its endpoint.
    final class Machine {
        let endpoint: Endpoint
        var peer: Peer?
        var tracker: Tracker?
        /// A core that is due again right after it was called waits so long.
        var notBefore = Instant.origin

        init(_ number: Int) {
            endpoint = Endpoint(ipv4: 20 << 24 | UInt32(number) << 8 | 1, port: 5_000)
        }

        var nextDeadline: Instant {
            let due = min(
                peer?.nextDeadline ?? .distantFuture,
                tracker?.nextDeadline ?? .distantFuture
            )
            return max(due, notBefore)
        }
    }

    /// What the relay did while it was measured.
    struct Figures {
        var nanoseconds: Int64 = 0
        var calls = 0
        var received = 0
        var sent = 0
        var chunks = 0
        var manifests = 0

        /// Datagrams handled or sent.
        var datagrams: Int { received + sent }

        static func + (left: Figures, right: Figures) -> Figures {
            Figures(
                nanoseconds: left.nanoseconds + right.nanoseconds,
                calls: left.calls + right.calls,
                received: left.received + right.received,
                sent: left.sent + right.sent,
                chunks: left.chunks + right.chunks,
                manifests: left.manifests + right.manifests
            )
        }
    }

    private struct Flight {
        var to: Int
        var from: Int
        var datagram: Bytes
    }

    private static let delay = TimeSpan.milliseconds(1)
    private static let publishInterval = TimeSpan.milliseconds(5)
    private static let (trackerAt, sourceAt, relayAt) = (0, 1, 2)

    private var machines: [Machine] = []
    private var places: [Endpoint: Int] = [:]
    private var flights = EventHeap<Flight>()
    private var effects = Effects()
    private var stream: StampedStream
    private var publishAt: Instant
    private var now = Instant.origin + .seconds(1_000_000)
    private let start: Instant
    private let cast: Cast
    private var figures = Figures()
    private var isMeasuring = false

    init(children: Int, rate: BitRate) throws {
        stream = StampedStream(bitsPerSecond: rate.bitsPerSecond)
        start = now
        publishAt = now
        cast = try Cast()
        for number in 0..<(3 + children) {
            let machine = Machine(number)
            places[machine.endpoint] = number
            machines.append(machine)
        }
        machines[HopStage.trackerAt].tracker = cast.tracker(at: now)
        let place = machines[HopStage.trackerAt].endpoint
        machines[HopStage.sourceAt].peer = cast.source(rate: rate, tracker: place, at: now)
        join(HopStage.relayAt, cap: nil)
    }

    /// Lets the relay settle first, so that the source's only copy goes to it; then the children come.
    func gather() {
        run(.seconds(10))
        for number in (HopStage.relayAt + 1)..<machines.count {
            join(number, cap: BitRate(bitsPerSecond: 0))
        }
        run(.seconds(50))
    }

    private func join(_ number: Int, cap: BitRate?) {
        let place = machines[HopStage.trackerAt].endpoint
        machines[number].peer = cast.viewer(number, cap: cap, tracker: place, at: now)
    }

    private func run(_ span: TimeSpan) {
        isMeasuring = false
        let end = now + span
        while now < end { step() }
    }

    /// Lets time pass and tells what the relay did meanwhile.
    func measure(_ span: TimeSpan) -> Figures {
        figures = Figures()
        isMeasuring = true
        let end = now + span
        while now < end { step() }
        return figures
    }

    /// Which share of the children's stripes the relay feeds, 0…1.
    var relayShare: Double {
        let relay = machines[HopStage.relayAt].peer?.id.description ?? ""
        var (fed, all) = (0, 0)
        for number in (HopStage.relayAt + 1)..<machines.count {
            let row = machines[number].peer?.snapshot(at: now).peers.first { $0.path == "self" }
            all += 8
            fed += row?.parents.values.count { $0 == relay } ?? 0
        }
        return Double(fed) / Double(max(1, all))
    }

    private func step() {
        var next = min(flights.nextTime ?? .distantFuture, publishAt)
        var due: Int?
        for (number, machine) in machines.enumerated() where machine.nextDeadline < next {
            next = machine.nextDeadline
            due = number
        }
        now = max(now, next)
        if let due {
            advance(due)
        } else if flights.nextTime ?? .distantFuture <= publishAt,
            let (_, flight) = flights.removeFirst()
        {
            give(flight)
        } else {
            publish()
        }
    }

    private func give(_ flight: Flight) {
        let machine = machines[flight.to]
        let from = machines[flight.from].endpoint
        if Envelope.parse(firstByte: flight.datagram[0])?.service == .tracker {
            machine.tracker?.receive(flight.datagram, from: from, at: now, into: &effects)
        } else if flight.to == HopStage.relayAt, isMeasuring {
            classify(flight.datagram)
            receive(flight.datagram, from: from, at: machine)
        } else {
            machine.peer?.receive(flight.datagram, from: from, at: now, into: &effects)
        }
        perform(flight.to)
    }

    private func advance(_ number: Int) {
        let machine = machines[number]
        if number == HopStage.relayAt, isMeasuring {
            wake(machine)
        } else {
            machine.peer?.advance(to: now, into: &effects)
            machine.tracker?.advance(to: now, into: &effects)
        }
        machine.notBefore = now + .microseconds(10)
        perform(number)
    }

    /// What is timed, under names that a profiler shows.
    @inline(never)
    private func receive(_ datagram: Bytes, from endpoint: Endpoint, at relay: Machine) {
        let before = BenchClock.now
        relay.peer?.receive(datagram, from: endpoint, at: now, into: &effects)
        note(BenchClock.now - before, received: 1)
    }

    /// The same for deadlines.
    @inline(never)
    private func wake(_ relay: Machine) {
        let before = BenchClock.now
        relay.peer?.advance(to: now, into: &effects)
        note(BenchClock.now - before, received: 0)
    }

    private func publish() {
        publishAt = now + HopStage.publishInterval
        let due = Int(Double((now - start).nanoseconds) / stream.interval)
        var packets: [UInt8] = []
        while stream.count < due { packets += stream.make(at: now.nanoseconds) }
        guard !packets.isEmpty else { return }
        machines[HopStage.sourceAt].peer?.publish(packets, at: now, into: &effects)
        perform(HopStage.sourceAt)
    }

    private func perform(_ number: Int) {
        for effect in effects.list {
            guard case .send(let bytes, let endpoint) = effect, let to = places[endpoint] else {
                continue
            }
            let flight = Flight(to: to, from: number, datagram: Bytes(bytes))
            flights.insert(flight, at: now + HopStage.delay)
        }
        effects.removeAll()
    }

    private func note(_ span: Int64, received: Int) {
        figures.nanoseconds += span
        figures.calls += 1
        figures.received += received
        for case .send in effects.list { figures.sent += 1 }
    }

    /// Counts chunks and manifests; the stand-in suite seals without hiding.
    private func classify(_ datagram: Bytes) {
        guard Envelope.parse(firstByte: datagram[0])?.kind == .transport else { return }
        let sealed = datagram.slice(
            Envelope.transportHeaderSize,
            datagram.count - Envelope.tagSize
        )
        var reader = MessageReader(sealed)
        while let message = try? reader.next() {
            if case .chunk = message { figures.chunks += 1 }
            if case .manifest = message { figures.manifests += 1 }
        }
    }
}
