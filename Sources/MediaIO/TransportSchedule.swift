import Basics

/// When each packet of a TS file is due.
///
/// Holds the packets since the last PCR, at most five seconds' worth, until the next PCR tells how
/// long they take.
struct TransportSchedule {
    /// What became of a packet.
    enum Step {
        /// It is in the schedule.
        case accepted
        /// It is in the schedule, and its clock jumps.
        case jumped
        /// The feed must return.
        case stopped
    }

    /// Packets leave in groups of so long: small against a block, large against a timer's grain.
    private static let groupSpan = TimeSpan.milliseconds(5)
    /// How long to wait for a PCR before the bit rate takes its place.
    private static let clocklessSeconds: Int64 = 5
    private static let pendingMin: Int64 = 256 << 10
    private static let pendingMax: Int64 = 8 << 20

    private let pendingLimit: Int
    private var clock = TransportClock()
    private var program: TransportProgram
    private let rateProbed: BitRate?
    private var output: FeedOutput?
    private var pacer: Pacer?
    private var pending: [UInt8] = []
    /// What of the time since the last PCR is already in `media`, and how many bytes went with it.
    private var spent = (bytes: 0, span: TimeSpan.zero)
    private var media = TimeSpan.zero
    private var measured = (bytes: 0, span: TimeSpan.zero)
    private var passStart = TimeSpan.zero

    /// Makes a schedule for a program; the rate is what a probe said, if anything.
    init(program: TransportProgram, rate: BitRate?) {
        self.program = program
        rateProbed = rate
        let bits = (rate?.bitsPerSecond ?? 0) * TransportSchedule.clocklessSeconds
        let wanted = min(
            TransportSchedule.pendingMax,
            max(TransportSchedule.pendingMin, bits / 8)
        )
        pendingLimit = Int(wanted)
    }

    /// Says where packets go; call it first.
    mutating func begin(_ output: FeedOutput) {
        self.output = output
        pacer = Pacer(output)
    }

    /// Takes the packet at an offset; hands over those whose time it tells.
    mutating func append(_ bytes: [UInt8], at start: Int, packet: TransportPacket) -> Step {
        program.observe(packet, in: bytes, at: start)
        var step = Step.accepted
        if let offset = packet.clockOffset, packet.pid == program.clockPID ?? packet.pid {
            let time = TransportTime.clock(bytes, at: start + offset)
            step = advance(clock.advance(to: time, in: packet))
        } else if pending.count >= pendingLimit {
            step = handOverEarly()
        }
        pending += bytes[start..<start + TransportStream.packetLength]
        return step
    }

    /// Hands over what is left, at the rate so far.
    mutating func flush() { _ = handOver(over: estimate) }

    /// Ends a pass and says how long it was on the programme's clock, what is pending included.
    mutating func finishPass() -> TimeSpan {
        let end = media + estimate
        defer { passStart = end }
        return end - passStart
    }

    private mutating func advance(_ move: TransportClock.Step) -> Step {
        switch move {
        case .first:
            spent = (0, .zero)
            return handOver(over: .zero)
        case .forward(let span):
            measured.bytes += pending.count + spent.bytes
            measured.span = measured.span + span
            let rest = max(.zero, span - spent.span)
            spent = (0, .zero)
            return handOver(over: rest)
        case .jump:
            let step = handOver(over: estimate)
            spent = (0, .zero)
            return step == .accepted ? .jumped : step
        }
    }

    /// How long the pending packets probably take: by the mean rate since the start, else as probed.
    private var estimate: TimeSpan {
        if measured.span > .zero, measured.bytes > 0 {
            let share = Double(pending.count) / Double(measured.bytes)
            return .seconds(measured.span.seconds * share)
        }
        return rateProbed?.span(ofBytes: pending.count) ?? .zero
    }

    /// Hands over what is pending although no PCR has told how long it takes.
    private mutating func handOverEarly() -> Step {
        let span = estimate
        spent = (spent.bytes + pending.count, spent.span + span)
        return handOver(over: span)
    }

    /// Hands over everything pending, spread evenly over a span.
    private mutating func handOver(over span: TimeSpan) -> Step {
        let length = TransportStream.packetLength
        let packetCount = pending.count / length
        let groups = Int(span.nanoseconds / TransportSchedule.groupSpan.nanoseconds)
        let groupCount = max(1, min(packetCount, groups))
        var sent = 0
        for group in 0..<groupCount {
            let due = media + .seconds(span.seconds * Double(group) / Double(groupCount))
            guard pacer?.wait(until: due) == .due else { return .stopped }
            let end = packetCount * (group + 1) / groupCount
            output?.deliver(Array(pending[sent * length..<end * length]))
            sent = end
        }
        pending.removeAll(keepingCapacity: true)
        media = media + span
        return .accepted
    }
}
