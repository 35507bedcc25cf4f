/// Holds a transport stream back until a decoder can start with it.
///
/// It opens at a key picture, with the newest tables before it; in a programme without pictures at
/// any frame. Besides the tables it holds nothing until then.
struct KeyGate {
    /// Where a stream may be joined.
    struct Opening {
        /// The packets from there on, tables first.
        var packets: [UInt8]
        /// When the first frame is decoded, in 90 kHz; nil when it does not say.
        let time: Int64?
        /// The stream's clock near it, in 90 kHz; nil when none came in time.
        let clock: Int64?
        /// What the stream holds.
        let program: TransportProgram
    }

    /// How much is held while no clock comes: two seconds at 4 Mbit/s.
    private static let heldMax = 1 << 20

    private var program = TransportProgram()
    private var tables: [Int: [UInt8]] = [:]
    private var clock: Int64?
    private var time: Int64?
    private var held: [UInt8] = []

    /// Takes whole packets; the opening once there is one, after which the gate is of no use.
    mutating func append(_ packets: ArraySlice<UInt8>) -> Opening? {
        let bytes = Array(packets)
        for start in stride(from: 0, to: bytes.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(bytes, at: start) else { continue }
            program.observe(packet, in: bytes, at: start)
            if let offset = packet.clockOffset, packet.pid == program.clockPID ?? packet.pid {
                clock = TransportTime.clock(bytes, at: start + offset) / 300
            }
            take(bytes, at: start, packet: packet)
            guard !held.isEmpty, clock != nil || held.count >= KeyGate.heldMax else { continue }
            held += bytes[(start + TransportStream.packetLength)...]
            return Opening(packets: held, time: time, clock: clock, program: program)
        }
        return nil
    }

    private mutating func take(_ bytes: [UInt8], at start: Int, packet: TransportPacket) {
        let own = bytes[start..<start + TransportStream.packetLength]
        if !held.isEmpty {
            held += own
        } else if packet.pid == 0 || packet.pid == program.mapPID {
            let isNew = packet.startsUnit || tables[packet.pid] == nil
            if isNew { tables[packet.pid] = [] }
            // A section has at most 1,024 bytes: six packets.
            let limit = 6 * TransportStream.packetLength
            if tables[packet.pid, default: []].count < limit {
                tables[packet.pid, default: []] += own
            }
        } else if program.isKnown, isStart(bytes, at: start, packet: packet) {
            let fields = PesHeader.timestampOffsets(bytes, at: start, packet: packet)
            time = fields.last.map { TransportTime.timestamp(bytes, at: start + $0) }
            held = (tables[0] ?? []) + (program.mapPID.flatMap { tables[$0] } ?? []) + own
        }
    }

    private func isStart(_ bytes: [UInt8], at start: Int, packet: TransportPacket) -> Bool {
        guard let stream = program.streams.first(where: { $0.pid == packet.pid }) else {
            return false
        }
        guard let picture = program.streams.first(where: \.isPicture) else {
            return !PesHeader.timestampOffsets(bytes, at: start, packet: packet).isEmpty
        }
        return stream == picture
            && PesHeader.startsKeyPicture(
                bytes,
                at: start,
                packet: packet,
                streamType: stream.type
            )
    }
}
