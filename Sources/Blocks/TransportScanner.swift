import Basics

/// Tells tables and key frames in an MPEG transport stream (ISO/IEC 13818-1), one packet at a time.
///
/// Reads the PAT and the PMTs to learn which PID carries video. Bounded in memory and work, and
/// indifferent to garbage: what it does not understand is media.
struct TransportScanner: Sendable {
    /// Bytes of a transport stream packet.
    static let packetSize = 188
    /// More PMTs than this are not followed.
    static let programsMax = 16

    /// What a packet is to the blocker.
    enum Kind: Sendable {
        /// Carries a PAT, a PMT or service information.
        case table
        /// A place where a decoder may start.
        case keyFrame
        /// Anything else.
        case media
    }

    /// The PID of the video; nil when no program has one, or before its PMT came.
    private(set) var videoPID: UInt16?
    private var association = SectionAssembler()
    private var programs: [Program] = []

    private struct Program: Sendable {
        var pid: UInt16
        var sections = SectionAssembler()
        var video: UInt16?
    }

    /// Looks at one packet; anything but 188 bytes behind a sync byte is media.
    mutating func scan(_ packet: ArraySlice<UInt8>) -> Kind {
        guard packet.count == TransportScanner.packetSize, packet[packet.startIndex] == 0x47 else {
            return .media
        }
        let header = packet.startIndex
        let pid = UInt16(packet[header + 1] & 0x1F) << 8 | UInt16(packet[header + 2])
        if let at = programs.firstIndex(where: { $0.pid == pid }) {
            readProgram(at, packet)
            return .table
        }
        // PIDs 0x00 to 0x14: PAT, CAT, NIT, SDT, EIT, RST, TDT (EN 300 468, table 1).
        guard pid > 0x14 else {
            if pid == 0 { readAssociation(packet) }
            return .table
        }
        let isStart = isRandomAccess(packet) && (videoPID == nil || videoPID == pid)
        return isStart ? .keyFrame : .media
    }

    /// Whether the adaptation field has the random_access_indicator.
    private func isRandomAccess(_ packet: ArraySlice<UInt8>) -> Bool {
        let header = packet.startIndex
        let hasField = packet[header + 3] & 0x20 != 0 && packet[header + 4] > 0
        return hasField && packet[header + 5] & 0x40 != 0
    }

    private mutating func readAssociation(_ packet: ArraySlice<UInt8>) {
        guard let section = association.append(packet), section.first == 0x00 else { return }
        var pids: [UInt16] = []
        // Four bytes per program: its number, then 3 reserved bits and the PID.
        for at in stride(from: 8, through: section.count - 8, by: 4) {
            let number = UInt16(section[at]) << 8 | UInt16(section[at + 1])
            let pid = UInt16(section[at + 2] & 0x1F) << 8 | UInt16(section[at + 3])
            guard number != 0, pid > 0x14, pid < 0x1FFF, !pids.contains(pid) else { continue }
            pids.append(pid)
            if pids.count == TransportScanner.programsMax { break }
        }
        guard pids != programs.map(\.pid) else { return }
        programs = pids.map { pid in
            programs.first { $0.pid == pid } ?? Program(pid: pid)
        }
        chooseVideo()
    }

    private mutating func readProgram(_ index: Int, _ packet: ArraySlice<UInt8>) {
        guard let section = programs[index].sections.append(packet), section.first == 0x02 else {
            return
        }
        programs[index].video = TransportScanner.video(in: section)
        chooseVideo()
    }

    private mutating func chooseVideo() {
        videoPID = programs.lazy.compactMap(\.video).first
    }

    /// The first video stream of a PMT section.
    private static func video(in section: [UInt8]) -> UInt16? {
        guard section.count >= 16 else { return nil }
        let end = section.count - 4
        var at = 12 + (Int(section[10] & 0x0F) << 8 | Int(section[11]))
        while at + 5 <= end {
            let pid = UInt16(section[at + 1] & 0x1F) << 8 | UInt16(section[at + 2])
            let length = Int(section[at + 3] & 0x0F) << 8 | Int(section[at + 4])
            let descriptors = section[(at + 5)..<max(at + 5, min(at + 5 + length, end))]
            if isVideo(section[at], descriptors) { return pid }
            at += 5 + length
        }
        return nil
    }

    /// Stream types of ISO/IEC 13818-1 table 2-34 and common private ones: MPEG-1, MPEG-2, MPEG-4,
    /// H.264 and its extensions, HEVC, VVC, AVS, Dirac, VC-1; AV1 by its registration descriptor.
    private static func isVideo(_ type: UInt8, _ descriptors: ArraySlice<UInt8>) -> Bool {
        switch type {
        case 0x01, 0x02, 0x10, 0x1B, 0x1F, 0x20, 0x21, 0x24, 0x33, 0x42, 0xD1, 0xEA: true
        case 0x06: descriptors.starts(with: [0x05, 0x04] + Array("AV01".utf8))
        default: false
        }
    }
}

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
