import Glibc

/// Reads what one viewer hands over and notes which record came when.
///
/// Every packet is compared with the one that was published in that place, so that what counts as
/// arrived is exactly what was sent, in order and without repetition.
final class ViewerTap {
    let name: String
    let process: ChildProcess
    let handle: Int32
    let startedAt: Int64
    /// Bytes handed over so far.
    private(set) var bytes = 0
    /// When each record's last byte came; 0 for one that did not.
    private(set) var arrivals: [Int64] = []
    /// The same times in order.
    private(set) var times: [Int64] = []
    /// When the first random access point came.
    private(set) var firstPictureAt: Int64?
    /// How often the output went on somewhere else than where it was.
    private(set) var jumps = 0
    /// How often something came that was not published there.
    private(set) var mismatches = 0
    /// Whether the viewer has closed its output.
    private(set) var hasEnded = false

    private var position: (record: Int, place: Int)?
    private var hasBegun = false
    /// Less than a packet.
    private var rest: [UInt8] = []
    /// Packets since it was last known where the output is, at most a record of them.
    private var held: [UInt8] = []

    init(name: String, process: ChildProcess, handle: Int32, startedAt: Int64) {
        self.name = name
        self.process = process
        self.handle = handle
        self.startedAt = startedAt
        _ = fcntl(handle, F_SETFL, O_NONBLOCK)
    }

    /// Reads what there is; nil when there was nothing.
    func drain(_ buffer: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer? {
        let count = read(handle, buffer.baseAddress, buffer.count)
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { hasEnded = true }
        guard count > 0 else { return nil }
        bytes += count
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// Takes bytes apart into packets.
    func take(_ bytes: UnsafeRawBufferPointer, at now: Int64, of stream: StampedStream) {
        let size = StampedStream.packetSize
        var start = 0
        if !rest.isEmpty {
            start = min(size - rest.count, bytes.count)
            rest += bytes[..<start]
            guard rest.count == size else { return }
            let whole = rest
            rest.removeAll(keepingCapacity: true)
            whole.withUnsafeBytes { take(packet: $0, at: now, of: stream) }
        }
        while start + size <= bytes.count {
            let packet = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + size)])
            take(packet: packet, at: now, of: stream)
            start += size
        }
        rest += bytes[start...]
    }

    private func take(
        packet: UnsafeRawBufferPointer,
        at now: Int64,
        of stream: StampedStream
    ) {
        if firstPictureAt == nil, StampedStream.isRandomAccess(packet) { firstPictureAt = now }
        if let (record, place) = position,
            stream.matches(packet, record: record, place: place)
        {
            let isLast = place == StampedStream.packetsPerRecord - 1
            position = isLast ? (record + 1, 0) : (record, place + 1)
            if isLast { note(record, at: now) }
            return
        }
        position = nil
        held += packet
        if let record = StampedStream.number(in: packet) {
            resume(at: record, now, stream)
        } else if held.count >= StampedStream.recordSize {
            mismatches += 1
            held.removeAll(keepingCapacity: true)
        }
    }

    /// Knows again where the output is: everything held must be the end of this record.
    private func resume(at record: Int, _ now: Int64, _ stream: StampedStream) {
        let count = held.count / StampedStream.packetSize
        let first = StampedStream.packetsPerRecord - count
        let isSound = held.withUnsafeBytes { bytes in
            (0..<count).allSatisfy { at in
                let start = at * StampedStream.packetSize
                let packet = UnsafeRawBufferPointer(
                    rebasing: bytes[start..<(start + StampedStream.packetSize)]
                )
                return stream.matches(packet, record: record, place: first + at)
            }
        }
        held.removeAll(keepingCapacity: true)
        if hasBegun { jumps += 1 }
        hasBegun = true
        guard isSound else {
            mismatches += 1
            return
        }
        note(record, at: now)
        position = (record + 1, 0)
    }

    private func note(_ record: Int, at now: Int64) {
        while arrivals.count <= record { arrivals.append(0) }
        guard arrivals[record] == 0 else {
            mismatches += 1
            return
        }
        arrivals[record] = now
        times.append(now)
    }
}
