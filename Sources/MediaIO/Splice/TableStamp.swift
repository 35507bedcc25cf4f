/// Rewrites PAT and PMT for the programme's PIDs, with a new version whenever they say something
/// new: players read a table again only when its version changes.
///
/// A table that does not fit one packet is left as it is.
struct TableStamp {
    private struct Emitted {
        var body: [UInt8]
        var version: UInt8
    }

    private var emitted: [Int: Emitted] = [:]

    /// Takes note of a table that leaves as it came.
    mutating func note(_ bytes: [UInt8], at start: Int, packet: TransportPacket) {
        guard let range = TableStamp.section(bytes, at: start, packet: packet) else { return }
        let section = Array(bytes[range])
        emitted[packet.pid] = Emitted(
            body: TableStamp.body(section),
            version: section[5] >> 1 & 0x1F
        )
    }

    /// Rewrites the table in the packet at an offset, which leaves under a PID.
    mutating func rewrite(
        _ bytes: inout [UInt8],
        at start: Int,
        packet: TransportPacket,
        as pid: Int,
        _ map: PidMap
    ) {
        guard let range = TableStamp.section(bytes, at: start, packet: packet) else { return }
        var section = Array(bytes[range])
        if section[0] == 0x00 {
            TableStamp.rewriteDirectory(&section, map)
        } else {
            TableStamp.rewriteMap(&section, map)
        }
        let body = TableStamp.body(section)
        let before = emitted[pid]
        let step: UInt8 = before?.body == body ? 0 : 1
        let version = before.map { ($0.version &+ step) & 0x1F } ?? section[5] >> 1 & 0x1F
        emitted[pid] = Emitted(body: body, version: version)
        section[5] = section[5] & 0xC1 | version << 1
        let checksum = TransportChecksum.of(section.dropLast(4))
        for index in 0..<4 {
            section[section.count - 4 + index] = UInt8(
                truncatingIfNeeded: checksum >> (24 - 8 * UInt32(index))
            )
        }
        bytes.replaceSubrange(range, with: section)
    }

    /// Where a PAT or PMT section lies that begins and ends in the packet and is undamaged.
    private static func section(
        _ bytes: [UInt8],
        at start: Int,
        packet: TransportPacket
    ) -> Range<Int>? {
        guard packet.startsUnit, let payload = packet.payloadOffset else { return nil }
        let end = start + TransportStream.packetLength
        let first = start + payload + 1 + Int(bytes[start + payload])
        guard first + 12 <= end, bytes[first] == 0x00 || bytes[first] == 0x02 else { return nil }
        let last = first + 3 + (Int(bytes[first + 1] & 0x0F) << 8 | Int(bytes[first + 2]))
        guard last <= end, last - first >= 12, bytes[first + 1] & 0x80 != 0,
            TransportChecksum.of(bytes[first..<last]) == 0
        else { return nil }
        return first..<last
    }

    /// What a section says, without version and checksum.
    private static func body(_ section: [UInt8]) -> [UInt8] {
        Array(section[..<5] + section[6..<(section.count - 4)])
    }

    private static func rewriteDirectory(_ section: inout [UInt8], _ map: PidMap) {
        for entry in stride(from: 8, to: section.count - 7, by: 4) {
            let program = Int(section[entry]) << 8 | Int(section[entry + 1])
            guard program != 0 else { continue }
            section[entry] = UInt8(truncatingIfNeeded: map.number >> 8)
            section[entry + 1] = UInt8(truncatingIfNeeded: map.number)
            setPID(&section, at: entry + 2, map)
            return
        }
    }

    private static func rewriteMap(_ section: inout [UInt8], _ map: PidMap) {
        guard section.count >= 16 else { return }
        section[3] = UInt8(truncatingIfNeeded: map.number >> 8)
        section[4] = UInt8(truncatingIfNeeded: map.number)
        setPID(&section, at: 8, map)
        var entry = 12 + (Int(section[10] & 0x0F) << 8 | Int(section[11]))
        while entry + 5 <= section.count - 4 {
            setPID(&section, at: entry + 1, map)
            entry += 5 + (Int(section[entry + 3] & 0x0F) << 8 | Int(section[entry + 4]))
        }
    }

    /// Maps the 13-bit PID in two bytes, keeping the three reserved bits.
    private static func setPID(_ section: inout [UInt8], at offset: Int, _ map: PidMap) {
        let pid = Int(section[offset] & 0x1F) << 8 | Int(section[offset + 1])
        guard let target = map[pid] else { return }
        section[offset] = section[offset] & 0xE0 | UInt8(truncatingIfNeeded: target >> 8) & 0x1F
        section[offset + 1] = UInt8(truncatingIfNeeded: target)
    }
}
