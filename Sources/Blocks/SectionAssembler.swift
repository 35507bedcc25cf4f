/// Collects the packets of one PID into sections of at most 1,024 bytes and checks their CRC.
struct SectionAssembler: Sendable {
    private static let sizeMax = 1_024
    private var bytes: [UInt8] = []
    private var isOpen = false

    /// Adds a packet of 188 bytes; returns the section that it completes.
    mutating func append(_ packet: ArraySlice<UInt8>) -> [UInt8]? {
        let start = packet.startIndex
        guard packet[start + 3] & 0x10 != 0 else { return nil }
        let hasField = packet[start + 3] & 0x20 != 0
        var at = start + 4 + (hasField ? 1 + Int(packet[start + 4]) : 0)
        guard at < packet.endIndex else { return nil }
        if packet[start + 1] & 0x40 != 0 {
            at += 1 + Int(packet[at])  // Skips the end of the section before.
            guard at < packet.endIndex else { return nil }
            bytes.removeAll(keepingCapacity: true)
            isOpen = true
        }
        guard isOpen else { return nil }
        let room = SectionAssembler.sizeMax - bytes.count
        bytes.append(contentsOf: packet[at...].prefix(room))
        return take()
    }

    private mutating func take() -> [UInt8]? {
        guard bytes.count >= 3 else { return nil }
        let size = 3 + (Int(bytes[1] & 0x0F) << 8 | Int(bytes[2]))
        guard size <= SectionAssembler.sizeMax, size >= 12 else {
            isOpen = false
            return nil
        }
        guard bytes.count >= size else { return nil }
        isOpen = false
        let section = Array(bytes[..<size])
        return SectionAssembler.checksum(section) == 0 ? section : nil
    }

    /// CRC-32/MPEG-2 (ISO/IEC 13818-1 annex A); 0 over a section with its own CRC.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = .max
        for byte in bytes {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
        }
        return sum
    }
}
