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
