/// Joins transport streams, one after the other, into one programme.
///
/// The first passes untouched, bit for bit. Every later one is joined at a key picture: its times
/// are moved so that they follow the last ones, its PIDs and continuity counters go on, and a table
/// that says something new has a new version. A stream whose own clock jumps is joined anew.
struct TransportSplice {
    private struct Joint {
        let shift: Int64
        let map: PidMap
        let program: TransportProgram
        var started: Set<Int> = []
    }

    /// A clock that steps back further is another clock; less may be reordered datagrams.
    private static let backMax: Int64 = 45_000
    /// The same forward: ten seconds.
    private static let aheadMax: Int64 = 900_000
    /// PIDs below are tables of fixed places (ISO/IEC 13818-1, table 2-3; ETSI EN 300 468).
    private static let streamPIDMin = 0x20
    private static let mask = TransportStream.timestampModulus - 1

    private var gate: KeyGate?
    private var joint: Joint?
    private var layout: PidMap.Layout?
    private var program = TransportProgram()
    private var counters = ContinuityCounters()
    private var tables = TableStamp()
    private var times = StreamTimes()
    private var clockLast: Int64?
    private var hasBegun = false

    /// How often a stream was joined to what came before.
    private(set) var jointCount = 0

    /// What follows is another stream; it waits for its first key picture.
    mutating func cut() {
        guard hasBegun else { return }
        gate = KeyGate()
        clockLast = nil
    }

    /// Takes whole packets and returns those that leave.
    mutating func append(_ packets: [UInt8]) -> [UInt8] {
        guard gate == nil else { return appendGated(packets[...]) }
        var output: [UInt8] = []
        output.reserveCapacity(packets.count)
        hasBegun = true
        let length = TransportStream.packetLength
        let jump = stride(from: 0, to: packets.count, by: length).first { start in
            guard let packet = TransportPacket(packets, at: start) else { return false }
            return hasJumped(packets, at: start, packet: packet)
        }
        let end = jump.map { startOfTables(packets, before: $0) } ?? packets.count
        for start in stride(from: 0, to: end, by: length) {
            guard let packet = TransportPacket(packets, at: start) else { continue }
            emit(packets[start..<start + length], packet, to: &output)
        }
        guard jump != nil else { return output }
        cut()
        return output + appendGated(packets[end...])
    }

    /// Where the tables begin that stand directly before a packet: they belong to what follows.
    private func startOfTables(_ packets: [UInt8], before end: Int) -> Int {
        let mapPID = joint?.program.mapPID ?? program.mapPID
        var start = end
        while start > 0,
            let packet = TransportPacket(packets, at: start - TransportStream.packetLength),
            packet.pid < TransportSplice.streamPIDMin || packet.pid == mapPID
        {
            start -= TransportStream.packetLength
        }
        return start
    }

    /// Joins a stream that a gate of its own has let in.
    mutating func join(_ opening: KeyGate.Opening) -> [UInt8] {
        gate = nil
        clockLast = nil
        hasBegun = true
        if layout == nil, program.isKnown { _ = PidMap(program, onto: &layout) }
        let map = PidMap(opening.program, onto: &layout)
        joint = Joint(shift: shift(for: opening), map: map, program: opening.program)
        counters.restart()
        jointCount += 1
        var output: [UInt8] = []
        for start in stride(from: 0, to: opening.packets.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(opening.packets, at: start) else { continue }
            _ = hasJumped(opening.packets, at: start, packet: packet)
            let end = start + TransportStream.packetLength
            emit(opening.packets[start..<end], packet, to: &output)
        }
        return output
    }

    /// Takes note of a packet of the stream that plays which begins what does not leave any more.
    mutating func note(next bytes: [UInt8], at start: Int, packet: TransportPacket) {
        let fields = PesHeader.timestampOffsets(bytes, at: start, packet: packet)
        let pid = joint.map { $0.map[packet.pid] } ?? packet.pid
        guard let last = fields.last, let pid else { return }
        let time = TransportTime.timestamp(bytes, at: start + last) + (joint?.shift ?? 0)
        times.note(next: time & TransportSplice.mask, of: pid)
    }

    /// The PIDs of the stream that plays, and which of them a player goes by; nil while unknown.
    var playing: (main: Int, all: Set<Int>)? {
        let streams = (joint?.program ?? program).streams
        guard let main = streams.first(where: \.isPicture) ?? streams.first else { return nil }
        return (main.pid, Set(streams.map(\.pid)))
    }

    private mutating func appendGated(_ packets: ArraySlice<UInt8>) -> [UInt8] {
        guard let opening = gate?.append(packets) else { return [] }
        return join(opening)
    }

    /// How far a stream is moved: its first frame follows the last one, and its clock the last.
    private func shift(for opening: KeyGate.Opening) -> Int64 {
        guard let end = times.end ?? times.clock else { return 0 }
        let byFrames = (end - (opening.time ?? opening.clock ?? end)) & TransportSplice.mask
        guard let before = times.clock, let clock = opening.clock else { return byFrames }
        let byClock = (before + 1 - clock) & TransportSplice.mask
        return TransportTime.distance(from: byFrames, to: byClock) > 0 ? byClock : byFrames
    }

    private mutating func hasJumped(
        _ bytes: [UInt8],
        at start: Int,
        packet: TransportPacket
    ) -> Bool {
        let pid = joint?.program.clockPID ?? program.clockPID
        guard let offset = packet.clockOffset, packet.pid == pid else { return false }
        let clock = TransportTime.clock(bytes, at: start + offset) / 300
        defer { clockLast = clock }
        guard let last = clockLast else { return false }
        let step = TransportTime.distance(from: last, to: clock)
        return step < -TransportSplice.backMax || step > TransportSplice.aheadMax
    }

    private mutating func emit(
        _ own: ArraySlice<UInt8>,
        _ packet: TransportPacket,
        to output: inout [UInt8]
    ) {
        let start = output.count
        output += own
        guard packet.pid != TransportStream.nullPID else { return }
        guard let joint else {
            program.observe(packet, in: output, at: start)
            counters.note(packet)
            if packet.pid == 0 || packet.pid == program.mapPID {
                tables.note(output, at: start, packet: packet)
            }
            note(output, at: start, packet: packet, as: packet.pid)
            return
        }
        guard let pid = joint.map[packet.pid], move(&output, start, packet, joint, pid) else {
            output.removeLast(TransportStream.packetLength)
            return
        }
        output[start + 1] = output[start + 1] & 0xE0 | UInt8(truncatingIfNeeded: pid >> 8)
        output[start + 2] = UInt8(truncatingIfNeeded: pid)
        counters.rewrite(&output, at: start, packet: packet, as: pid)
        if packet.pid == 0 || packet.pid == joint.program.mapPID {
            tables.rewrite(&output, at: start, packet: packet, as: pid, joint.map)
        }
        note(output, at: start, packet: packet, as: pid)
    }

    /// Moves a packet's times; false when it belongs before the joint and must not leave.
    private mutating func move(
        _ bytes: inout [UInt8],
        _ start: Int,
        _ packet: TransportPacket,
        _ joint: Joint,
        _ pid: Int
    ) -> Bool {
        let fields = PesHeader.timestampOffsets(bytes, at: start, packet: packet)
        let isStream =
            packet.pid >= TransportSplice.streamPIDMin && packet.pid != joint.program.mapPID
        if isStream, packet.payloadOffset != nil, !joint.started.contains(packet.pid) {
            guard packet.startsUnit else { return false }
            if let last = fields.last {
                let time = TransportTime.timestamp(bytes, at: start + last) + joint.shift
                let isSound = joint.program.streams.contains {
                    $0.pid == packet.pid && $0.isSound
                }
                guard times.isNew(time & TransportSplice.mask, of: pid, isSound: isSound) else {
                    return false
                }
            }
            self.joint?.started.insert(packet.pid)
        }
        for offset in [packet.clockOffset, packet.originalClockOffset] {
            guard let offset else { continue }
            TransportTime.shiftClock(&bytes, at: start + offset, by: joint.shift)
        }
        for offset in fields {
            TransportTime.shiftTimestamp(&bytes, at: start + offset, by: joint.shift)
        }
        return true
    }

    /// Takes note of the times of a packet as it leaves.
    private mutating func note(
        _ bytes: [UInt8],
        at start: Int,
        packet: TransportPacket,
        as pid: Int
    ) {
        let clockPID = joint?.program.clockPID ?? program.clockPID
        if let offset = packet.clockOffset, packet.pid == clockPID {
            times.note(clock: TransportTime.clock(bytes, at: start + offset) / 300)
        }
        let fields = PesHeader.timestampOffsets(bytes, at: start, packet: packet)
        guard let first = fields.first, let last = fields.last else { return }
        times.note(
            decoding: TransportTime.timestamp(bytes, at: start + last),
            presentation: TransportTime.timestamp(bytes, at: start + first),
            of: pid
        )
    }
}
