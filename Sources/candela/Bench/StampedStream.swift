import Glibc

/// A made-up live programme of constant rate: a valid transport stream in stamped records.
///
/// A record is 7 packets, 1,316 bytes. The last one is on a private PID and carries the record's number
/// and its birth on the monotonic clock, so that whoever reads a viewer's output can tell continuity
/// and lag. PAT and PMT come four times per second, a random access point with PCR once.
struct StampedStream {
    static let packetSize = 188
    static let packetsPerRecord = 7
    static let recordSize = packetSize * packetsPerRecord

    /// The PID of the stamps.
    private static let stampPID: UInt16 = 0x1ABC
    /// The program's one stream: private data, with PCR and random access points.
    private static let payloadPID: UInt16 = 0x100
    private static let programPID: UInt16 = 0x1000
    private static let magic = Array("STMP".utf8)
    private static let association = section(
        0,
        [0x00, 0xB0, 0x0D, 0, 1, 0xC1, 0, 0, 0, 1, 0xF0, 0]
    )
    private static let program = section(
        programPID,
        [0x02, 0xB0, 0x12, 0, 1, 0xC1, 0, 0, 0xE1, 0, 0xF0, 0, 0x06, 0xE1, 0, 0xF0, 0]
    )

    /// Nanoseconds between two records.
    let interval: Double
    /// Records from one random access point to the next.
    let groupSize: Int
    /// When each record was made.
    private(set) var births: [Int64] = []
    private var kept: [UInt8]
    private let keptRecords: Int
    private var counter = 0

    /// Keeps the last 20 s, to compare with.
    init(bitsPerSecond: Int64) {
        interval = Double(StampedStream.recordSize) * 8e9 / Double(bitsPerSecond)
        groupSize = max(1, Int((1e9 / interval).rounded()))
        keptRecords = max(64, groupSize * 20)
        kept = [UInt8](repeating: 0, count: keptRecords * StampedStream.recordSize)
    }

    /// How many records there are.
    var count: Int { births.count }

    /// Makes the next record.
    mutating func make(at now: Int64) -> ArraySlice<UInt8> {
        let number = births.count
        births.append(now)
        var record: [UInt8] = []
        record.reserveCapacity(StampedStream.recordSize)
        if number % max(1, groupSize / 4) == 0 {
            for table in [StampedStream.association, StampedStream.program] {
                record += table[..<3] + [0x10 | UInt8(number & 15)] + table[4...]
            }
        }
        var mark = number % groupSize == 0 ? StampedStream.randomAccess(at: now) : []
        while record.count < 6 * StampedStream.packetSize {
            appendPayload(mark, to: &record)
            mark = []
        }
        StampedStream.appendStamp(number, now, to: &record)
        let start = number % keptRecords * StampedStream.recordSize
        kept.withUnsafeMutableBytes { target in
            record.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: source)
            }
        }
        return record[...]
    }

    /// Whether a packet is the one of that place in that record.
    func matches(_ packet: UnsafeRawBufferPointer, record: Int, place: Int) -> Bool {
        guard record >= 0, record < births.count, births.count - record <= keptRecords,
            (0..<StampedStream.packetsPerRecord).contains(place)
        else { return false }
        let start =
            record % keptRecords * StampedStream.recordSize + place * StampedStream.packetSize
        return kept.withUnsafeBytes { bytes in
            guard let own = bytes.baseAddress, let other = packet.baseAddress else { return false }
            return memcmp(own + start, other, StampedStream.packetSize) == 0
        }
    }

    /// The record's number in its stamp; nil for a packet without.
    static func number(in packet: UnsafeRawBufferPointer) -> Int? {
        guard pid(of: packet) == stampPID, packet[4..<8].elementsEqual(magic) else { return nil }
        return Int(exactly: packet[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// Whether a packet is a random access point.
    static func isRandomAccess(_ packet: UnsafeRawBufferPointer) -> Bool {
        pid(of: packet) == payloadPID && packet[3] & 0x20 != 0 && packet[4] > 0
            && packet[5] & 0x40 != 0
    }

    private static func pid(of packet: UnsafeRawBufferPointer) -> UInt16 {
        UInt16(packet[1] & 0x1F) << 8 | UInt16(packet[2])
    }

    private mutating func appendPayload(_ mark: [UInt8], to record: inout [UInt8]) {
        let pid = StampedStream.payloadPID
        let start: UInt8 = mark.isEmpty ? 0 : 0x40
        let control: UInt8 = (mark.isEmpty ? 0x10 : 0x30) | UInt8(counter & 15)
        record += [0x47, start | UInt8(pid >> 8), UInt8(pid & 0xFF), control] + mark
        let rest = StampedStream.packetSize - 4 - mark.count
        for at in 0..<rest { record.append(UInt8(truncatingIfNeeded: 7 * counter + at)) }
        counter += 1
    }

    /// An adaptation field with the random_access_indicator and a PCR.
    private static func randomAccess(at now: Int64) -> [UInt8] {
        let base = UInt64(now) / 100_000 * 9 & 0x1_FFFF_FFFF
        let top = [25, 17, 9, 1].map { UInt8(base >> $0 & 0xFF) }
        return [7, 0x50] + top + [UInt8(base & 1) << 7 | 0x7E, 0]
    }

    private static func appendStamp(_ number: Int, _ now: Int64, to record: inout [UInt8]) {
        let start = record.count
        record += [
            0x47, 0x40 | UInt8(stampPID >> 8), UInt8(stampPID & 0xFF),
            0x10 | UInt8(number & 15),
        ]
        record += magic
        for word in [UInt64(number), UInt64(now)] {
            record += stride(from: 56, through: 0, by: -8).map { UInt8(word >> $0 & 0xFF) }
        }
        record += repeatElement(0xFF, count: packetSize - (record.count - start))
    }

    /// A packet with one whole section.
    private static func section(_ pid: UInt16, _ body: [UInt8]) -> [UInt8] {
        var sum: UInt32 = .max
        for byte in body {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
        }
        let whole = body + [24, 16, 8, 0].map { UInt8(sum >> $0 & 0xFF) }
        return [0x47, 0x40 | UInt8(pid >> 8), UInt8(pid & 0xFF), 0x10, 0] + whole
            + repeatElement(0xFF, count: 183 - whole.count)
    }
}
