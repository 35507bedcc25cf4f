import Basics

/// Makes a TS file that is played again and again look like one long programme.
///
/// The first pass is not touched. From the second on, PCR, PTS and DTS are moved on by the length of
/// the passes before, and each PID's continuity counter goes on where it stopped; jumps within the
/// file stay what they are. Encrypted payloads keep their timestamps: they cannot be read.
struct TransportLoop {
    /// The first and last decoding time of a PID, and how far apart its last two were, in 90 kHz.
    private struct Span {
        let isPicture: Bool
        let first: Int64
        var last: Int64
        var step: Int64 = 1

        /// How long the stream is.
        ///
        /// A picture lasts until where the next would be; how much sound
        /// the last PES packet holds is unknown, but the next must not begin before it.
        var length: Int64 {
            TransportTime.distance(from: first, to: last) + (isPicture ? step : 1)
        }
    }

    /// A stream's timestamps may reach beyond the clock by so much, ten seconds; more is damage.
    private static let leadMax: Int64 = 900_000

    private var passCount = 0
    private var shift: Int64 = 0
    private var length: Int64 = 0
    private var spans: [Int: Span] = [:]
    private var counters = ContinuityCounters()

    /// Takes note of a packet, and rewrites it in every pass but the first.
    mutating func process(_ bytes: inout [UInt8], at start: Int, packet: TransportPacket) {
        guard packet.pid != TransportStream.nullPID else { return }
        if passCount == 0 {
            counters.note(packet)
            noteTimes(bytes, at: start, packet: packet)
        } else {
            counters.rewrite(&bytes, at: start, packet: packet, as: packet.pid)
            shiftTimes(&bytes, at: start, packet: packet)
        }
    }

    /// Ends a pass.
    ///
    /// The first call fixes the length of all: that of the clock, or more when a
    /// stream's timestamps reach further than they began.
    mutating func finishPass(clockLength: TimeSpan) {
        if passCount == 0 {
            let clock = Int64(clockLength.seconds * 90_000) + 1
            let lengths = spans.values.map(\.length)
            length = lengths.filter { $0 <= clock + TransportLoop.leadMax }.reduce(clock, max)
            spans = [:]
        }
        passCount += 1
        shift = (shift + length) & (TransportStream.timestampModulus - 1)
        counters.restart()
    }

    private mutating func noteTimes(_ bytes: [UInt8], at start: Int, packet: TransportPacket) {
        let fields = PesHeader.timestampOffsets(bytes, at: start, packet: packet)
        guard let offset = fields.last else { return }
        let time = TransportTime.timestamp(bytes, at: start + offset)
        guard var span = spans[packet.pid] else {
            let stream = packet.payloadOffset.map { bytes[start + $0 + 3] } ?? 0
            let isPicture = (0xE0...0xEF).contains(stream)
            spans[packet.pid] = Span(isPicture: isPicture, first: time, last: time)
            return
        }
        let step = TransportTime.distance(from: span.last, to: time)
        span.step = min(TransportLoop.leadMax, max(1, step))
        span.last = time
        spans[packet.pid] = span
    }

    private func shiftTimes(_ bytes: inout [UInt8], at start: Int, packet: TransportPacket) {
        for offset in [packet.clockOffset, packet.originalClockOffset] {
            guard let offset else { continue }
            TransportTime.shiftClock(&bytes, at: start + offset, by: shift)
        }
        for offset in PesHeader.timestampOffsets(bytes, at: start, packet: packet) {
            TransportTime.shiftTimestamp(&bytes, at: start + offset, by: shift)
        }
    }
}
