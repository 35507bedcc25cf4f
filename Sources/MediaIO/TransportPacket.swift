/// Constants of MPEG-TS (ISO/IEC 13818-1).
enum TransportStream {
    /// Every packet's length in bytes.
    static let packetLength = 188
    /// Every packet's first byte.
    static let syncByte: UInt8 = 0x47
    /// The PID of stuffing.
    static let nullPID = 0x1FFF
    /// PIDs have 13 bits.
    static let pidCount = 0x2000
    /// PCR ticks per second.
    static let clockHertz: Int64 = 27_000_000
    /// Timestamps count 90 kHz in 33 bits; a PCR counts 300 times faster.
    static let timestampModulus: Int64 = 1 << 33
    /// A PCR wraps here, after 26.5 hours.
    static let clockModulus: Int64 = timestampModulus * 300

    /// Where the first packet begins, when the bytes look like MPEG-TS; nil otherwise.
    ///
    /// They do when there are at least three sync bytes at their places and none is missing.
    static func alignment(of bytes: [UInt8]) -> Int? {
        let places = (0..<packetLength).first { start in
            let marks = stride(from: start, to: bytes.count, by: packetLength)
            return bytes.count > start + 2 * packetLength
                && marks.allSatisfy { bytes[$0] == syncByte }
        }
        return places
    }
}

/// The header of one TS packet, parsed.
struct TransportPacket {
    /// The elementary stream or table it belongs to, 0 to 8191.
    let pid: Int
    /// Whether a PES packet or a table section starts in it.
    let startsUnit: Bool
    /// Whether its payload is encrypted.
    let isScrambled: Bool
    /// Whether it says that its clock or its counter jumps here.
    let isDiscontinuous: Bool
    /// Whether a decoder can start here.
    let isRandomAccess: Bool
    /// The 4-bit continuity counter.
    let continuity: UInt8
    /// Where the payload begins, 4 to 187 from the packet's start; nil without payload.
    let payloadOffset: Int?
    /// Where the six bytes of the PCR begin, from the packet's start; nil without one.
    let clockOffset: Int?
    /// Where the six bytes of the original PCR begin; nil without one.
    let originalClockOffset: Int?

    /// Parses the packet that begins at an offset; nil without 188 bytes there or without sync.
    ///
    /// A length that points beyond the packet leaves it without payload and without clock.
    init?(_ bytes: [UInt8], at start: Int) {
        guard start >= 0, start + TransportStream.packetLength <= bytes.count,
            bytes[start] == TransportStream.syncByte
        else { return nil }
        startsUnit = bytes[start + 1] & 0x40 != 0
        pid = Int(bytes[start + 1] & 0x1F) << 8 | Int(bytes[start + 2])
        isScrambled = bytes[start + 3] & 0xC0 != 0
        continuity = bytes[start + 3] & 0x0F
        let carriesPayload = bytes[start + 3] & 0x10 != 0
        let carriesAdaptation = bytes[start + 3] & 0x20 != 0
        let length = carriesAdaptation ? Int(bytes[start + 4]) : 0
        let payload = carriesAdaptation ? 5 + length : 4
        payloadOffset = carriesPayload && payload < TransportStream.packetLength ? payload : nil
        let fits = carriesAdaptation && length >= 1 && payload <= TransportStream.packetLength
        let flags = fits ? bytes[start + 5] : 0
        isDiscontinuous = flags & 0x80 != 0
        isRandomAccess = flags & 0x40 != 0
        let hasClock = flags & 0x10 != 0 && length >= 7
        clockOffset = hasClock ? 6 : nil
        let original = hasClock ? 12 : 6
        let hasOriginal = flags & 0x08 != 0 && length >= original + 1
        originalClockOffset = hasOriginal ? original : nil
    }
}

/// The clock reference and timestamp fields of MPEG-TS.
enum TransportTime {
    /// Reads a PCR in 27 MHz ticks; six bytes must be there.
    static func clock(_ bytes: [UInt8], at offset: Int) -> Int64 {
        let high = bytes[offset..<offset + 4].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let base = high << 1 | Int64(bytes[offset + 4] >> 7)
        let extra = Int64(bytes[offset + 4] & 1) << 8 | Int64(bytes[offset + 5])
        return base * 300 + extra
    }

    /// Moves a PCR by 90 kHz ticks, modulo 2^33.
    static func shiftClock(_ bytes: inout [UInt8], at offset: Int, by shift: Int64) {
        let base = (clock(bytes, at: offset) / 300 + shift) & (TransportStream.timestampModulus - 1)
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: base >> (25 - 8 * Int64(index)))
        }
        bytes[offset + 4] = bytes[offset + 4] & 0x7F | UInt8(truncatingIfNeeded: base & 1) << 7
    }

    /// Reads a PTS or DTS in 90 kHz ticks; five bytes must be there.
    static func timestamp(_ bytes: [UInt8], at offset: Int) -> Int64 {
        let top = Int64(bytes[offset] & 0x0E) << 29
        let middle = Int64(bytes[offset + 1]) << 22 | Int64(bytes[offset + 2] & 0xFE) << 14
        return top | middle | Int64(bytes[offset + 3]) << 7 | Int64(bytes[offset + 4]) >> 1
    }

    /// Moves a PTS or DTS by 90 kHz ticks, modulo 2^33, keeping its marker bits.
    static func shiftTimestamp(_ bytes: inout [UInt8], at offset: Int, by shift: Int64) {
        let value = (timestamp(bytes, at: offset) + shift) & (TransportStream.timestampModulus - 1)
        bytes[offset] = bytes[offset] & 0xF1 | UInt8(truncatingIfNeeded: value >> 29) & 0x0E
        bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 22)
        bytes[offset + 2] = bytes[offset + 2] & 0x01 | UInt8(truncatingIfNeeded: value >> 14) & 0xFE
        bytes[offset + 3] = UInt8(truncatingIfNeeded: value >> 7)
        bytes[offset + 4] = bytes[offset + 4] & 0x01 | UInt8(truncatingIfNeeded: value << 1) & 0xFE
    }

    /// The way from one 33-bit timestamp to another, the shorter way round: positive is later.
    static func distance(from old: Int64, to new: Int64) -> Int64 {
        let modulus = TransportStream.timestampModulus
        let forward = (new - old) & (modulus - 1)
        return forward >= modulus / 2 ? forward - modulus : forward
    }
}
