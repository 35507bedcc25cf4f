import Subprocess
import Testing

@testable import Blocks

/// Makes transport stream packets by hand, or whole streams with ffmpeg.
enum Transport {
    static let programPID: UInt16 = 0x1000
    static let videoPID: UInt16 = 0x100
    static let audioPID: UInt16 = 0x101

    /// A packet with a recognisable payload; with a random_access_indicator if told.
    static func media(_ pid: UInt16, startsAccess: Access = .no, fill: UInt8 = 0) -> [UInt8] {
        var packet: [UInt8] = [0x47, UInt8(pid >> 8), UInt8(pid & 0xFF), 0x10]
        if startsAccess == .yes {
            packet[3] = 0x30
            packet += [1, 0x40]
        }
        return packet + [UInt8](repeating: fill, count: 188 - packet.count)
    }

    enum Access { case yes, no }

    static var association: [UInt8] {
        let body: [UInt8] = [0, 1, 0xC1, 0, 0, 0, 1, 0xE0 | UInt8(programPID >> 8), 0]
        return table(0, section(0x00, body))[0]
    }

    /// A PMT of some (stream type, PID) pairs, on as many packets as it needs.
    static func program(_ streams: [(UInt8, UInt16)], descriptor: [UInt8] = []) -> [[UInt8]] {
        var body: [UInt8] = [0, 1, 0xC1, 0, 0, 0xE1, 0, 0xF0, 0]
        for (type, pid) in streams {
            body += [type, 0xE0 | UInt8(pid >> 8), UInt8(pid & 0xFF)]
            body += [0xF0 | UInt8(descriptor.count >> 8), UInt8(descriptor.count & 0xFF)]
            body += descriptor
        }
        return table(programPID, section(0x02, body))
    }

    private static func section(_ table: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = body.count + 4
        let whole = [table, 0xB0 | UInt8(length >> 8), UInt8(length & 0xFF)] + body
        var sum: UInt32 = .max
        for bit in 0..<(whole.count * 8) {
            let isSet = UInt32(whole[bit / 8] >> UInt8(7 - bit % 8) & 1) ^ sum >> 31
            sum = sum << 1 ^ (isSet == 1 ? 0x04C1_1DB7 : 0)
        }
        return whole + (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * $0)) }
    }

    private static func table(_ pid: UInt16, _ section: [UInt8]) -> [[UInt8]] {
        let payload = [0] + section
        return stride(from: 0, to: payload.count, by: 184).map { at in
            let start: UInt8 = at == 0 ? 0x40 : 0
            let part = payload[at..<min(at + 184, payload.count)]
            let packet = [0x47, start | UInt8(pid >> 8), UInt8(pid & 0xFF), 0x10] + part
            return packet + [UInt8](repeating: 0xFF, count: 188 - packet.count)
        }
    }

    /// Five seconds of a test picture, and of a tone, made by ffmpeg.
    static func encoded(_ arguments: [String]) async throws -> [UInt8] {
        let result = try await run(
            .name("ffmpeg"),
            arguments: Arguments(
                ["-v", "error", "-nostdin"] + arguments + ["-t", "5", "-f", "mpegts", "pipe:1"]
            ),
            output: .bytes(limit: 16 << 20)
        )
        try #require(result.terminationStatus.isSuccess)
        return result.standardOutput
    }

    static let picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]
    static let tone = ["-f", "lavfi", "-i", "sine=frequency=440"]
    static let video = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-b:v", "900k"]

    static func pid(_ packet: some Collection<UInt8>) -> UInt16 {
        let bytes = Array(packet.prefix(3))
        return UInt16(bytes[1] & 0x1F) << 8 | UInt16(bytes[2])
    }

    /// Whether a packet of the video has the random_access_indicator, read independently.
    static func isKey(_ packet: some Collection<UInt8>, on pid: UInt16 = videoPID) -> Bool {
        let bytes = Array(packet.prefix(6))
        return Transport.pid(packet) == pid && bytes[3] & 0x20 != 0 && bytes[4] > 0
            && bytes[5] & 0x40 != 0
    }
}
