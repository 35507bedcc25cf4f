import Basics

/// Follows a program's PCR through its wrap and its jumps.
struct TransportClock {
    /// How the clock moved.
    enum Step: Equatable {
        /// It was read for the first time.
        case first
        /// It went on by a span; zero when it was repeated.
        case forward(TimeSpan)
        /// It went backwards, too far ahead, or said itself that it jumps.
        case jump
    }

    /// A PCR comes at least every 100 ms by the standard; a gap of ten seconds is a jump.
    private static let stepMax = 10 * TransportStream.clockHertz
    private var last: Int64?

    /// Takes the next PCR in 27 MHz ticks, from a packet with its header.
    mutating func advance(to clock: Int64, in packet: TransportPacket) -> Step {
        defer { last = clock }
        guard let last else { return .first }
        guard !packet.isDiscontinuous else { return .jump }
        let modulus = TransportStream.clockModulus
        let ticks = ((clock - last) % modulus + modulus) % modulus
        guard ticks <= TransportClock.stepMax else { return .jump }
        return .forward(TransportClock.span(ofTicks: ticks))
    }

    /// The length of a number of 27 MHz ticks, below 10^14.
    static func span(ofTicks ticks: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: ticks * 1_000 / 27)
    }
}
