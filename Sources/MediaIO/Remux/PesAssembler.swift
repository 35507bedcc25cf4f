/// One PES packet put together: a piece of an elementary stream with its times.
struct PesUnit {
    /// The elementary stream's bytes, at least one.
    var payload: [UInt8]
    /// When it is shown, 90 kHz in 33 bits; nil when the header does not say.
    var presentation: Int64?
    /// When it is decoded; as `presentation` when the header names one time only.
    var decoding: Int64?
    /// When the unit that follows is decoded, if its header is what ended this one.
    var following: Int64?
}

/// Puts the PES packets of one PID together (ISO/IEC 13818-1, 2.4.3.6).
///
/// Holds at most one unit of `payloadMax` bytes; a larger one is dropped.
struct PesAssembler {
    /// What a TS packet came to.
    struct Outcome {
        /// The unit that it completed.
        var unit: PesUnit?
        /// Whether packets are missing before it.
        var isBroken = false
    }

    /// No coded picture is larger: H.264 level 5.2 allows 6.9 MB (table A-1, MinCR 2).
    private static let payloadMax = 8 << 20
    private static let headerLength = 9

    private var current: PesUnit?
    /// How many bytes the unit still needs; nil when its header leaves the length open.
    private var missing: Int?
    private var continuity: UInt8?

    /// Takes the next packet of the PID, which begins at an offset.
    mutating func append(_ packet: TransportPacket, in bytes: [UInt8], at start: Int) -> Outcome {
        guard let offset = packet.payloadOffset, !packet.isScrambled else { return Outcome() }
        let before = continuity
        continuity = packet.continuity
        // A packet may be sent twice; its repetition has the same counter (2.4.3.3).
        if before == packet.continuity, !packet.isDiscontinuous { return Outcome() }
        let isBroken =
            before.map { packet.isDiscontinuous || ($0 + 1) & 0x0F != packet.continuity } ?? false
        if isBroken { drop() }
        let payload = bytes[start + offset..<start + TransportStream.packetLength]
        var outcome = Outcome(isBroken: isBroken)
        if packet.startsUnit {
            let next = PesAssembler.header(Array(payload.prefix(32)))
            outcome.unit = finish(following: next?.unit.decoding)
            guard let next else { return outcome }
            current = next.unit
            missing = next.length
            extend(payload.dropFirst(next.offset))
        } else {
            extend(payload)
        }
        if missing == 0 { outcome.unit = outcome.unit ?? finish(following: nil) }
        return outcome
    }

    /// Ends the stream and returns the unit that was under way.
    mutating func finish() -> PesUnit? { finish(following: nil) }

    private mutating func finish(following: Int64?) -> PesUnit? {
        defer { drop() }
        guard var unit = current, !unit.payload.isEmpty, (missing ?? 0) == 0 else { return nil }
        unit.following = following
        return unit
    }

    private mutating func drop() {
        current = nil
        missing = nil
    }

    private mutating func extend(_ bytes: ArraySlice<UInt8>) {
        guard current != nil else { return }
        let taken = bytes.prefix(missing ?? bytes.count)
        current?.payload += taken
        missing = missing.map { $0 - taken.count }
        if let count = current?.payload.count, count > PesAssembler.payloadMax { drop() }
    }

    /// Reads a unit's header; nil when the packet does not begin a picture or sound.
    private static func header(
        _ bytes: [UInt8]
    ) -> (unit: PesUnit, offset: Int, length: Int?)? {
        guard bytes.count > headerLength, bytes.starts(with: [0, 0, 1]),
            (0xC0...0xEF).contains(bytes[3]) || bytes[3] == 0xBD || bytes[3] == 0xFD,
            bytes[6] & 0xC0 == 0x80
        else { return nil }
        let offset = headerLength + Int(bytes[8])
        let length = Int(bytes[4]) << 8 | Int(bytes[5])
        guard length == 0 || length + 6 >= offset else { return nil }
        var unit = PesUnit(payload: [])
        if bytes[7] & 0x80 != 0, bytes[8] >= 5, bytes.count >= 14 {
            unit.presentation = TransportTime.timestamp(bytes, at: 9)
            unit.decoding = unit.presentation
        }
        if bytes[7] & 0xC0 == 0xC0, bytes[8] >= 10, bytes.count >= 19 {
            unit.decoding = TransportTime.timestamp(bytes, at: 14)
        }
        return (unit, offset, length == 0 ? nil : length + 6 - offset)
    }
}
