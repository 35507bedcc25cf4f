import Basics
import Testing

@testable import Blocks

@Suite struct TransportScannerTests {
    private func scanned(_ packets: [[UInt8]]) -> TransportScanner {
        var scanner = TransportScanner()
        for packet in packets { _ = scanner.scan(packet[...]) }
        return scanner
    }

    @Test("finds the video by PAT and PMT")
    func tables() {
        let program = Transport.program([(0x0F, Transport.audioPID), (0x1B, Transport.videoPID)])
        var scanner = TransportScanner()
        #expect(scanner.scan(Transport.association[...]) == .table)
        #expect(scanner.videoPID == nil)
        #expect(scanner.scan(program[0][...]) == .table)
        #expect(scanner.videoPID == Transport.videoPID)
        let audio = Transport.media(Transport.audioPID, startsAccess: .yes)
        #expect(scanner.scan(audio[...]) == .media)
        let key = Transport.media(Transport.videoPID, startsAccess: .yes)
        #expect(scanner.scan(key[...]) == .keyFrame)
        #expect(scanner.scan(Transport.media(Transport.videoPID)[...]) == .media)
        #expect(scanner.scan(Transport.media(0x11)[...]) == .table)
    }

    @Test("takes any access point while it knows no video")
    func audioOnly() {
        var scanner = scanned(
            [Transport.association] + Transport.program([(0x0F, Transport.audioPID)])
        )
        let audio = Transport.media(Transport.audioPID, startsAccess: .yes)
        #expect(scanner.scan(audio[...]) == .keyFrame)
    }

    @Test("reads a PMT that needs several packets, and one that follows it")
    func longProgram() {
        let long = Transport.program(
            [(0x0F, Transport.audioPID), (0x24, 0x200)],
            descriptor: [UInt8](repeating: 9, count: 200)
        )
        #expect(long.count == 3)
        #expect(scanned([Transport.association] + long).videoPID == 0x200)
        let short = Transport.program([(0x1B, 0x300)])
        #expect(scanned([Transport.association] + long + short).videoPID == 0x300)
    }

    @Test("knows AV1 by its registration")
    func av1() {
        let program = Transport.program([(0x06, 0x222)], descriptor: [5, 4] + Array("AV01".utf8))
        #expect(scanned([Transport.association] + program).videoPID == 0x222)
        let text = Transport.program([(0x06, 0x222)], descriptor: [5, 4] + Array("DRAC".utf8))
        #expect(scanned([Transport.association] + text).videoPID == nil)
    }

    @Test("ignores a PMT with a wrong checksum")
    func checksum() {
        var program = Transport.program([(0x1B, Transport.videoPID)])
        program[0][20] ^= 1
        #expect(scanned([Transport.association] + program).videoPID == nil)
    }

    @Test("survives damaged tables and noise", arguments: 1...20)
    func noise(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let descriptor = [UInt8](repeating: 9, count: 100)
        let valid =
            [Transport.association]
            + Transport.program([(0x0F, 0x101), (0x1B, 0x100)], descriptor: descriptor)
        var scanner = TransportScanner()
        for _ in 0..<2_000 {
            var packet = valid[random.below(valid.count)]
            for _ in 0..<random.below(6) {
                packet[1 + random.below(40)] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.below(10) == 0 {
                packet = (0..<188).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                packet[0] = 0x47
                packet[1] &= 0x50
                packet[2] = 0
            }
            _ = scanner.scan(packet[...])
            _ = scanner.scan(packet[..<random.below(189)])
        }
    }
}
