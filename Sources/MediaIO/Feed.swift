import Basics

/// One kind of source, opened and checked.
///
/// Ownership moves with the call: the opening thread uses a feed until it hands it to the worker
/// thread, and only that thread uses it from then on. This is why feeds are `@unchecked Sendable`.
protocol Feed: AnyObject {
    /// Hands over packets until the source ends, fails or is stopped; called once.
    func run(_ output: FeedOutput) throws(IngestError)
}

/// How time passes while a source is read.
enum Pacing: Hashable, Sendable {
    /// As the programme's own clock says.
    case realTime
    /// Not at all: as fast as it can be read.
    case none
}

/// Where a feed puts what it has.
struct FeedOutput: Sendable {
    /// How time passes.
    let pacing: Pacing
    /// Raised when the feed must return.
    let signal: StopSignal
    /// Takes whole TS packets.
    let onPackets: @Sendable ([UInt8]) -> Void
    /// Takes events.
    let onEvent: @Sendable (IngestEvent) -> Void

    /// Hands over packets unless there are none or the feed was stopped.
    func deliver(_ packets: [UInt8]) {
        guard !packets.isEmpty, !signal.isRaised else { return }
        onPackets(packets)
    }

    /// Reports an event unless the feed was stopped.
    func report(_ event: IngestEvent) {
        guard !signal.isRaised else { return }
        onEvent(event)
    }
}

/// Reports discontinuities, at most one per second: hostile input could make one per packet.
struct DiscontinuityGate {
    private static let interval = TimeSpan.seconds(1)
    private var nextAllowed = Instant(nanoseconds: .min)

    /// Reports one unless another was reported within the last second.
    mutating func report(_ reason: String, to output: FeedOutput) {
        let now = MonotonicClock.now
        guard now >= nextAllowed else { return }
        nextAllowed = now + DiscontinuityGate.interval
        output.report(.discontinuity(reason: reason))
    }
}
