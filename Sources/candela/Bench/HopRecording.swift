import Basics
import Driving
import Overlay
import Wire

/// Every call of a relay, to be done again with another one that is made alike.
///
/// A core has no clock and no randomness of its own, so the other one does the same. Played back it
/// runs alone, in one go and without a clock read per call.
struct HopRecording {
    /// One call.
    enum Call {
        case receive(Bytes, from: Endpoint)
        case advance
    }

    /// What happened from some point on.
    struct Counts {
        var received = 0
        var sent = 0
        var chunks = 0
        var manifests = 0
        /// Requests that the relay sent: nothing is lost here, so there should be hardly any.
        var requests = 0

        /// Datagrams handled or sent.
        var datagrams: Int { received + sent }
    }

    /// What happened in the steady state.
    private(set) var counts = Counts()
    private let relay: HopStage.Viewer
    private let startedAt: Instant
    private var calls: [(call: Call, at: Instant)] = []
    private var steadyFrom = 0

    init(relay: HopStage.Viewer, startedAt: Instant) {
        self.relay = relay
        self.startedAt = startedAt
    }

    /// A relay that has not begun yet.
    func makeRelay() -> Peer { relay.make(at: startedAt) }

    /// From here on it counts.
    mutating func markSteady() {
        steadyFrom = calls.count
        counts = Counts()
    }

    mutating func note(_ call: Call, at now: Instant, _ effects: Effects) {
        calls.append((call, now))
        for case .send(let datagram, _) in effects.list {
            counts.sent += 1
            if datagram.count < 400 { countRequests(Bytes(datagram.bytes)) }
        }
        guard case .receive(let datagram, _) = call else { return }
        counts.received += 1
        classify(datagram)
    }

    /// Does it all again and tells what the steady state cost, in nanoseconds of CPU time.
    func replay() throws(CommandFailure) -> Int64 {
        var peer = makeRelay()
        var effects = Effects()
        for (call, now) in calls[..<steadyFrom] {
            HopRecording.perform(call, at: now, on: &peer, into: &effects)
            effects.removeAll()
        }
        let start = BenchClock.threadTime
        let sent = work(on: &peer)
        let cost = BenchClock.threadTime - start
        guard sent == counts.sent else {
            throw CommandFailure(.bug, "the relay did something else the second time")
        }
        return cost
    }

    /// What is timed, under a name that a profiler shows.
    @inline(never)
    private func work(on peer: inout Peer) -> Int {
        var effects = Effects()
        var sent = 0
        for (call, now) in calls[steadyFrom...] {
            HopRecording.perform(call, at: now, on: &peer, into: &effects)
            for case .send in effects.list { sent += 1 }
            effects.removeAll()
        }
        return sent
    }

    private static func perform(
        _ call: Call,
        at now: Instant,
        on relay: inout Peer,
        into effects: inout Effects
    ) {
        switch call {
        case .receive(let datagram, let endpoint):
            relay.receive(datagram, from: endpoint, at: now, into: &effects)
        case .advance: relay.advance(to: now, into: &effects)
        }
    }

    /// Counts chunks and manifests that came.
    private mutating func classify(_ datagram: Bytes) {
        for message in HopRecording.messages(in: datagram) {
            if case .chunk = message { counts.chunks += 1 }
            if case .manifest = message { counts.manifests += 1 }
        }
    }

    private mutating func countRequests(_ datagram: Bytes) {
        for case .request(let request) in HopRecording.messages(in: datagram) {
            for entry in request.entries { counts.requests += entry.mask.nonzeroBitCount }
        }
    }

    /// What is in a datagram; the stand-in suite seals without hiding.
    private static func messages(in datagram: Bytes) -> [Message] {
        guard Envelope.parse(firstByte: datagram[0])?.kind == .transport else { return [] }
        let sealed = datagram.slice(
            Envelope.transportHeaderSize,
            datagram.count - Envelope.tagSize
        )
        var reader = MessageReader(sealed)
        var messages: [Message] = []
        while let message = try? reader.next() { messages.append(message) }
        return messages
    }
}
