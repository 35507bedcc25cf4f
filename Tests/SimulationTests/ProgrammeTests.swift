import Basics
import Blocks
import Testing
import Wire

@testable import Simulation

@Suite("Programme")
struct ProgrammeTests {
    private func programme(seconds: Int) -> Programme {
        var programme = Programme(rate: .megabits(1), keyFrameInterval: .seconds(1))
        for step in 1...(seconds * 100) {
            let span = TimeSpan.milliseconds(10 * step)
            _ = programme.publish(upTo: span, at: .origin + span)
        }
        return programme
    }

    private func packets(_ programme: Programme) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: programme.bytes.count, by: 188).map { programme.bytes[$0..<($0 + 188)] }
    }

    @Test("has the rate that it should have, in whole packets")
    func rate() {
        let programme = programme(seconds: 4)
        #expect(programme.bytes.count % 188 == 0)
        #expect(abs(programme.bytes.count - 500_000) < 188)
    }

    @Test("begins with PAT, PMT and a key frame, and every group does")
    func groups() {
        let packets = packets(programme(seconds: 4))
        let tables = packets.indices.filter {
            packets[$0].dropFirst().prefix(2).elementsEqual([0x40, 0])
        }
        #expect(tables.count == 4 && tables.first == 0)
        for at in tables {
            #expect(packets[at + 1].dropFirst().prefix(2).elementsEqual([0x50, 0x00]))
            let key = Array(packets[at + 2])
            #expect(
                key[1] == 0x41 && key[2] == 0 && key[5] & 0x50 == 0x50,
                "PUSI, PID, RAI and PCR"
            )
        }
        let keys = packets.count { Array($0)[5] & 0x40 != 0 }
        #expect(keys == 4)
    }

    @Test("counts the packets of each PID without a gap")
    func continuity() {
        var last: [UInt16: UInt8] = [:]
        for packet in packets(programme(seconds: 2)).map(Array.init) {
            #expect(packet[0] == 0x47)
            let pid = UInt16(packet[1] & 0x1F) << 8 | UInt16(packet[2])
            if let before = last[pid] { #expect(packet[3] & 15 == (before + 1) & 15) }
            last[pid] = packet[3] & 15
        }
        #expect(last.keys.sorted() == [0, 0x100, 0x1000])
    }

    @Test("numbers every packet")
    func numbers() {
        for (number, packet) in packets(programme(seconds: 2)).enumerated() {
            #expect(Programme.number(of: Bytes(Array(packet))) == number)
        }
    }

    @Test("is understood by the source: one key frame block per group")
    func blocks() throws {
        let key = try #require(SourceKey(privateKey: [UInt8](repeating: 1, count: 32)))
        let channel = try #require(ChannelID([UInt8](repeating: 1, count: 20)))
        var blocker = Blocker(
            .init(channel: channel, key: key, epoch: 1, stripeCount: 8),
            at: .origin
        )
        var blocks: [SealedBlock] = []
        blocker.append(programme(seconds: 3).bytes, at: .origin, into: &blocks)
        blocker.finish(at: .origin, into: &blocks)
        #expect(blocks.count { $0.manifest.flags.contains(.keyFrame) } == 3)
    }

    @Test("knows its own bytes from others")
    func matches() {
        let programme = programme(seconds: 1)
        let part = Array(programme.bytes[(10 * 188)..<(16 * 188)])
        #expect(programme.matches(Bytes(part), at: 10))
        #expect(!programme.matches(Bytes(part), at: 11))
        #expect(!programme.matches(Bytes(part), at: -1))
        #expect(!programme.matches(Bytes(part), at: .max))
        var changed = part
        changed[700] ^= 1
        #expect(!programme.matches(Bytes(changed), at: 10))
    }
}
