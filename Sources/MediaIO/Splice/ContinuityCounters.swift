/// Makes each PID's continuity counter go on where another source of the same PID stopped.
struct ContinuityCounters {
    private static let unset: UInt8 = 0xFF
    private var last = [UInt8](repeating: unset, count: TransportStream.pidCount)
    private var shift = [UInt8](repeating: unset, count: TransportStream.pidCount)

    /// Takes note of a packet that leaves as it came.
    mutating func note(_ packet: TransportPacket) {
        last[packet.pid] = packet.continuity
    }

    /// The packets from here on come from another source, or from the start of the same.
    mutating func restart() {
        for pid in shift.indices { shift[pid] = ContinuityCounters.unset }
    }

    /// Rewrites the counter of the packet at an offset, which leaves under a PID.
    mutating func rewrite(
        _ bytes: inout [UInt8],
        at start: Int,
        packet: TransportPacket,
        as pid: Int
    ) {
        if shift[pid] == ContinuityCounters.unset {
            // The counter counts packets with a payload only.
            let due = packet.payloadOffset == nil ? last[pid] : last[pid] &+ 1
            let isNew = last[pid] == ContinuityCounters.unset
            shift[pid] = isNew ? 0 : (due &- packet.continuity) & 0x0F
        }
        let continued = (packet.continuity &+ shift[pid]) & 0x0F
        last[pid] = continued
        bytes[start + 3] = bytes[start + 3] & 0xF0 | continued
    }
}
