/// Puts a table's sections together from the payloads of its packets, checked by their CRC.
///
/// At most one section of 1,024 bytes and one payload are held.
struct SectionAssembler {
    private static let lengthMax = 1_024
    private var pending: [UInt8] = []
    private var isAligned = false

    /// Takes a payload and returns the whole, current, undamaged sections of at least 12 bytes that
    /// it completes.
    mutating func append(_ payload: ArraySlice<UInt8>, of packet: TransportPacket) -> [[UInt8]] {
        guard packet.startsUnit else {
            guard isAligned else { return [] }
            pending += payload
            return takeSections()
        }
        guard let pointer = payload.first.map(Int.init), pointer < payload.count - 1 else {
            reset()
            return []
        }
        let rest = payload.dropFirst()
        var sections: [[UInt8]] = []
        if isAligned {
            pending += rest.prefix(pointer)
            sections = takeSections()
        }
        pending = Array(rest.dropFirst(pointer))
        isAligned = true
        return sections + takeSections()
    }

    private mutating func reset() {
        pending = []
        isAligned = false
    }

    private mutating func takeSections() -> [[UInt8]] {
        var sections: [[UInt8]] = []
        while isAligned, pending.count >= 3 {
            let length = 3 + (Int(pending[1] & 0x0F) << 8 | Int(pending[2]))
            guard pending[0] != 0xFF, length <= SectionAssembler.lengthMax else {
                reset()
                break
            }
            guard pending.count >= length else { break }
            let section = Array(pending[..<length])
            pending.removeFirst(length)
            if SectionAssembler.isSound(section) { sections.append(section) }
        }
        return sections
    }

    /// Whether a section is of the long form, current, and its CRC-32/MPEG-2 comes out as zero.
    private static func isSound(_ section: [UInt8]) -> Bool {
        guard section.count >= 12, section[1] & 0x80 != 0, section[5] & 1 == 1 else { return false }
        return TransportChecksum.of(section) == 0
    }
}
