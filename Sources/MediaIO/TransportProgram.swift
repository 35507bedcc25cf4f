/// What a TS's tables say: the first program's streams and clock.
///
/// The parser is bounded: sections of at most 1,024 bytes, two PIDs, at most 64 streams.
struct TransportProgram {
    /// One elementary stream of the program.
    struct Stream: Hashable {
        /// Its PID.
        let pid: Int
        /// Its `stream_type` (ISO/IEC 13818-1, table 2-34).
        let type: UInt8

        /// Whether it holds pictures, of whatever codec.
        var isPicture: Bool {
            [0x01, 0x02, 0x10, 0x1B, 0x21, 0x24, 0x33, 0x42, 0xD1, 0xEA].contains(type)
        }
        /// Whether it certainly holds sound; private streams may.
        var isSound: Bool { [0x03, 0x04, 0x0F, 0x11, 0x81, 0x87].contains(type) }
    }

    private static let streamCountMax = 64
    private var directory = SectionAssembler()
    private var map = SectionAssembler()

    /// The first program's number; nil before the association table came.
    private(set) var number: Int?
    /// The PID of its map; nil before the association table came.
    private(set) var mapPID: Int?

    /// The PID that carries the clock; nil before the program map came or when it names none.
    private(set) var clockPID: Int?
    /// The program's streams; empty before the program map came.
    private(set) var streams: [Stream] = []
    /// Whether a program map came.
    private(set) var isKnown = false

    /// Takes a packet; those of other PIDs than the two tables' cost a comparison.
    mutating func observe(_ packet: TransportPacket, in bytes: [UInt8], at start: Int) {
        guard packet.pid == 0 || packet.pid == mapPID, let offset = packet.payloadOffset else {
            return
        }
        let payload = bytes[start + offset..<start + TransportStream.packetLength]
        if packet.pid == 0 {
            for section in directory.append(payload, of: packet) { readDirectory(section) }
        } else {
            for section in map.append(payload, of: packet) { readMap(section) }
        }
    }

    /// A program association section: table 0, then four bytes per program from byte 8.
    private mutating func readDirectory(_ section: [UInt8]) {
        guard section[0] == 0x00 else { return }
        for entry in stride(from: 8, to: section.count - 7, by: 4) {
            let program = Int(section[entry]) << 8 | Int(section[entry + 1])
            guard program != 0 else { continue }
            let pid = Int(section[entry + 2] & 0x1F) << 8 | Int(section[entry + 3])
            guard (program, pid) != (number ?? -1, mapPID ?? -1) else { return }
            number = program
            mapPID = pid == 0 ? nil : pid
            map = SectionAssembler()
            return
        }
    }

    /// A program map section: table 2, clock PID at byte 8, streams after the program descriptors.
    private mutating func readMap(_ section: [UInt8]) {
        guard section[0] == 0x02, section.count >= 16,
            Int(section[3]) << 8 | Int(section[4]) == number
        else { return }
        let clock = Int(section[8] & 0x1F) << 8 | Int(section[9])
        clockPID = clock == TransportStream.nullPID ? nil : clock
        var entry = 12 + (Int(section[10] & 0x0F) << 8 | Int(section[11]))
        streams = []
        while entry + 5 <= section.count - 4, streams.count < TransportProgram.streamCountMax {
            let pid = Int(section[entry + 1] & 0x1F) << 8 | Int(section[entry + 2])
            streams.append(Stream(pid: pid, type: section[entry]))
            entry += 5 + (Int(section[entry + 3] & 0x0F) << 8 | Int(section[entry + 4]))
        }
        isKnown = true
    }
}

extension TransportProgram {
    /// The streams in words, such as `H.264, AAC`.
    var description: String {
        let names = streams.map { TransportProgram.name(ofType: $0.type) }
        return names.isEmpty ? "no streams" : names.joined(separator: ", ")
    }

    /// What a person calls a `stream_type`.
    static func name(ofType type: UInt8) -> String {
        switch type {
        case 0x01: "MPEG-1"
        case 0x02: "MPEG-2"
        case 0x03, 0x04: "MP3"
        case 0x06: "private stream"
        case 0x0F, 0x11: "AAC"
        case 0x10: "MPEG-4"
        case 0x1B: "H.264"
        case 0x24: "HEVC"
        case 0x81: "AC-3"
        case 0x87: "E-AC-3"
        default: "stream type \(type)"
        }
    }
}
