import Basics

/// A made-up programme: a valid transport stream of constant rate whose packets are numbered.
///
/// PAT and PMT come before every key frame; the first packet of a key frame has the
/// random_access_indicator, the first of every frame a PCR and a PES header. Every packet carries its
/// number as private bytes of its adaptation field (ISO/IEC 13818-1 section 2.4.3.5), so that whoever
/// plays it can tell where in the programme it is. What was published is kept, to compare with.
struct Programme: Sendable {
    static let packetSize = 188
    private static let frameSpan = TimeSpan.milliseconds(40)
    private static let programPID: UInt16 = 0x1000
    private static let videoPID: UInt16 = 0x100

    let rate: BitRate
    private let groupSpan: TimeSpan
    /// Everything published so far.
    private(set) var bytes: [UInt8] = []
    /// When each packet was published.
    private var times: [Instant] = []
    private var frame: Int64 = -1
    private var group: Int64 = -1
    private var tables: [[UInt8]] = []
    private var counters: [UInt16: UInt8] = [:]

    init(rate: BitRate, keyFrameInterval: TimeSpan) {
        self.rate = rate
        groupSpan = max(keyFrameInterval, Programme.frameSpan)
    }

    /// Makes the packets up to a time after the start, as published now.
    mutating func publish(upTo span: TimeSpan, at now: Instant) -> [UInt8] {
        let due = Int(span.seconds * Double(rate.bitsPerSecond) / 8) / Programme.packetSize
        let start = bytes.count
        while times.count < due {
            append(number: times.count)
            times.append(now)
        }
        return Array(bytes[start...])
    }

    /// How many bytes have been published.
    var publishedBytes: Int { bytes.count }

    /// When a packet was published; nil for one that was not.
    func publishedAt(_ number: Int) -> Instant? {
        times.indices.contains(number) ? times[number] : nil
    }

    /// Whether some bytes are what was published from a packet on.
    func matches(_ delivered: Bytes, at number: Int) -> Bool {
        let (start, overflow) = number.multipliedReportingOverflow(by: Programme.packetSize)
        guard !overflow, start >= 0, start <= bytes.count - delivered.count else { return false }
        return delivered.withUnsafeBytes { left in
            bytes.withUnsafeBytes { right in
                Bytes.areEqual(
                    left,
                    UnsafeRawBufferPointer(rebasing: right[start..<(start + left.count)])
                )
            }
        }
    }

    /// The number in a packet; nil for what is none of ours.
    static func number(of packet: Bytes) -> Int? {
        guard packet.count >= packetSize, packet[0] == 0x47, packet[3] & 0x20 != 0,
            packet[5] & 0x02 != 0
        else { return nil }
        let at = packet[5] & 0x10 == 0 ? 6 : 12
        guard packet[at] == 8 else { return nil }
        let value = (1...8).reduce(UInt64(0)) { $0 << 8 | UInt64(packet[at + $1]) }
        return Int(exactly: value)
    }

    private mutating func append(number: Int) {
        let time = rate.span(ofBytes: number * Programme.packetSize)
        let (nowFrame, nowGroup) = (
            time.nanoseconds / Programme.frameSpan.nanoseconds,
            time.nanoseconds / groupSpan.nanoseconds
        )
        if nowGroup > group {
            group = nowGroup
            frame = -1
            tables = [Programme.association, Programme.program]
        }
        if !tables.isEmpty {
            let section = tables.removeFirst()
            let pid = tables.isEmpty ? Programme.programPID : 0
            begin(pid, .start, flags: 0, clock: nil, number)
            bytes += [0] + section
        } else if nowFrame > frame {
            let isKey = frame == -1
            frame = nowFrame
            begin(Programme.videoPID, .start, flags: isKey ? 0x40 : 0, clock: time, number)
            bytes += Programme.frameHeader(at: time)
        } else {
            begin(Programme.videoPID, .rest, flags: 0, clock: nil, number)
        }
        fill(number)
    }

    private enum Unit: UInt8 {
        case rest = 0
        case start = 0x40
    }

    /// Appends a header and an adaptation field with the number.
    private mutating func begin(
        _ pid: UInt16,
        _ unit: Unit,
        flags: UInt8,
        clock: TimeSpan?,
        _ number: Int
    ) {
        let counter = counters[pid, default: 0]
        counters[pid] = (counter + 1) & 15
        bytes += [0x47, unit.rawValue | UInt8(pid >> 8), UInt8(pid & 0xFF), 0x30 | counter]
        bytes += [clock == nil ? 10 : 16, flags | 0x02 | (clock == nil ? 0 : 0x10)]
        if let clock {
            let base = UInt64(max(0, clock.nanoseconds / 100_000 * 9)) & 0x1_FFFF_FFFF
            bytes += [25, 17, 9, 1].map { UInt8(base >> $0 & 0xFF) }
            bytes += [UInt8(base & 1) << 7 | 0x7E, 0]
        }
        bytes.append(8)
        bytes += stride(from: 56, through: 0, by: -8).map { UInt8(UInt64(number) >> $0 & 0xFF) }
    }

    /// Fills a packet up: tables with 0xFF, media with what depends on the number.
    private mutating func fill(_ number: Int) {
        let end = (number + 1) * Programme.packetSize
        let start = number * Programme.packetSize
        let pid = UInt16(bytes[start + 1] & 0x1F) << 8 | UInt16(bytes[start + 2])
        guard pid == Programme.videoPID else {
            bytes += repeatElement(0xFF, count: end - bytes.count)
            return
        }
        var random = SeededRandom(seed: UInt64(number))
        while bytes.count < end {
            let word = random.next()
            for at in 0..<min(8, end - bytes.count) {
                bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(at))))
            }
        }
    }

    /// The PES header with its PTS, and an access unit delimiter.
    private static func frameHeader(at time: TimeSpan) -> [UInt8] {
        let stamp = UInt64(max(0, time.nanoseconds / 100_000 * 9)) & 0x1_FFFF_FFFF
        let parts: [UInt8] = [
            0x21 | UInt8(stamp >> 30 & 7) << 1, UInt8(stamp >> 22 & 0xFF),
            0x01 | UInt8(stamp >> 15 & 0x7F) << 1, UInt8(stamp >> 7 & 0xFF),
            0x01 | UInt8(stamp & 0x7F) << 1,
        ]
        return [0, 0, 1, 0xE0, 0, 0, 0x80, 0x80, 5] + parts + [0, 0, 0, 1, 0x09, 0xF0]
    }

    private static let association = section(
        0x00,
        [0, 1, 0xC1, 0, 0, 0, 1, 0xE0 | UInt8(programPID >> 8), UInt8(programPID & 0xFF)]
    )

    /// One H.264 stream, which carries the PCR.
    private static let program = section(
        0x02,
        [0, 1, 0xC1, 0, 0, 0xE1, 0, 0xF0, 0, 0x1B, 0xE1, UInt8(videoPID & 0xFF), 0xF0, 0]
    )

    private static func section(_ table: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = body.count + 4
        let whole = [table, 0xB0 | UInt8(length >> 8), UInt8(length & 0xFF)] + body
        var sum: UInt32 = .max
        for byte in whole {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
        }
        return whole + [24, 16, 8, 0].map { UInt8(sum >> $0 & 0xFF) }
    }
}
