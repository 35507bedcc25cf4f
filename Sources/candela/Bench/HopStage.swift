import Basics
import Driving
import Overlay
import Telemetry
import Tracking
import Wire

/// A tracker, a source, a relay and its children in one process and in virtual time, wired by hand.
///
/// Datagrams take a millisecond and are never lost. The children upload nothing and the source only
/// one copy of the stream, so the relay feeds all children. Every call of the relay is recorded.
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
    private(set) var recording: HopRecording

    init(children: Int, rate: BitRate) throws {
        stream = StampedStream(bitsPerSecond: rate.bitsPerSecond)
        start = now
        publishAt = now
        cast = try Cast()
        let relay = cast.viewer(HopStage.relayAt, cap: nil, tracker: Machine(0).endpoint)
        recording = HopRecording(relay: relay, startedAt: now)
        for number in 0..<(3 + children) {
            let machine = Machine(number)
            places[machine.endpoint] = number
            machines.append(machine)
        }
        machines[HopStage.trackerAt].tracker = cast.tracker(at: now)
        let place = machines[HopStage.trackerAt].endpoint
        machines[HopStage.sourceAt].peer = cast.source(rate: rate, tracker: place, at: now)
        machines[HopStage.relayAt].peer = recording.makeRelay()
    }

    /// Lets the relay settle first, so that the source's only copy goes to it; then the children come.
    func gather() {
        run(.seconds(10))
        let place = machines[HopStage.trackerAt].endpoint
        for number in (HopStage.relayAt + 1)..<machines.count {
            let child = cast.viewer(number, cap: BitRate(bitsPerSecond: 0), tracker: place)
            machines[number].peer = child.make(at: now)
        }
        run(.seconds(50))
    }

    /// Lets the relay work in its steady state.
    func work(_ span: TimeSpan) {
        recording.markSteady()
        run(span)
    }

    private func run(_ span: TimeSpan) {
        let end = now + span
        while now < end { step() }
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
        } else {
            machine.peer?.receive(flight.datagram, from: from, at: now, into: &effects)
            if flight.to == HopStage.relayAt {
                recording.note(.receive(flight.datagram, from: from), at: now, effects)
            }
        }
        perform(flight.to)
    }

    private func advance(_ number: Int) {
        let machine = machines[number]
        machine.peer?.advance(to: now, into: &effects)
        machine.tracker?.advance(to: now, into: &effects)
        if number == HopStage.relayAt { recording.note(.advance, at: now, effects) }
        machine.notBefore = now + .microseconds(10)
        perform(number)
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
            guard case .send(let payload, let endpoint) = effect, let to = places[endpoint] else {
                continue
            }
            let flight = Flight(to: to, from: number, datagram: Bytes(payload.bytes))
            flights.insert(flight, at: now + HopStage.delay)
        }
        effects.removeAll()
    }
}
