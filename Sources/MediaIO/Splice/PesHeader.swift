/// The header of a PES packet, as far as it is read here (ISO/IEC 13818-1, 2.4.3.6).
enum PesHeader {
    /// Where its PTS and DTS begin, from the packet's start: none, one or both.
    ///
    /// A header that does not end within its first packet, which no common muxer makes, is left
    /// alone, and so is an encrypted one.
    static func timestampOffsets(
        _ bytes: [UInt8],
        at start: Int,
        packet: TransportPacket
    ) -> [Int] {
        guard packet.startsUnit, !packet.isScrambled, let payload = packet.payloadOffset,
            payload + 14 <= TransportStream.packetLength
        else { return [] }
        let pes = start + payload
        let stream = bytes[pes + 3]
        // Private stream 1, audio, video and extended ids have the optional header (table 2-21).
        let isTimed = stream == 0xBD || (0xC0...0xEF).contains(stream) || stream == 0xFD
        guard bytes[pes] == 0, bytes[pes + 1] == 0, bytes[pes + 2] == 1, isTimed else { return [] }
        switch bytes[pes + 7] >> 6 {
        case 2: return [payload + 9]
        case 3:
            let fits = payload + 19 <= TransportStream.packetLength
            return fits ? [payload + 9, payload + 14] : [payload + 9]
        default: return []
        }
    }

    /// Whether the picture that starts in the packet is one that decoding can begin with.
    ///
    /// Most muxers say so in the adaptation field; else the start codes of what the first packet
    /// holds tell, where parameter sets and sequence headers come first.
    static func startsKeyPicture(
        _ bytes: [UInt8],
        at start: Int,
        packet: TransportPacket,
        streamType: UInt8
    ) -> Bool {
        guard packet.startsUnit, let payload = packet.payloadOffset else { return false }
        if packet.isRandomAccess { return true }
        guard !packet.isScrambled, payload + 9 < TransportStream.packetLength else { return false }
        let first = start + payload + 9 + Int(bytes[start + payload + 8])
        let end = start + TransportStream.packetLength
        guard first + 4 <= end else { return false }
        return (first...end - 4).contains { at in
            bytes[at] == 0 && bytes[at + 1] == 0 && bytes[at + 2] == 1
                && isKeyStart(bytes[at + 3], streamType)
        }
    }

    /// Whether the byte after a start code begins a key picture or what comes only before one.
    private static func isKeyStart(_ byte: UInt8, _ streamType: UInt8) -> Bool {
        switch streamType {
        case 0x01, 0x02: byte == 0xB3
        case 0x1B: byte & 0x1F == 5 || byte & 0x1F == 7
        case 0x24: (16...21).contains(byte >> 1 & 0x3F) || (32...33).contains(byte >> 1 & 0x3F)
        default: false
        }
    }
}
