import Basics
import Testing

@testable import MediaIO

@Suite("TransportProgram")
struct TransportProgramTests {
    /// A section with its length and its CRC-32/MPEG-2, from the byte after its length on.
    private func section(table: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = body.count + 4
        var bytes = [table, 0xB0 | UInt8(length >> 8), UInt8(length & 0xFF)] + body
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            for bit in stride(from: 7, through: 0, by: -1) {
                let isSet = (remainder >> 31 == 1) != (byte >> UInt8(bit) & 1 == 1)
                remainder = remainder << 1 ^ (isSet ? 0x04C1_1DB7 : 0)
            }
        }
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: remainder >> $0) }
        return bytes
    }

    /// The packets that carry a section.
    private func packets(pid: Int, _ section: [UInt8]) -> [UInt8] {
        var rest = [0] + section
        var bytes: [UInt8] = []
        var counter: UInt8 = 0
        while !rest.isEmpty {
            let start: UInt8 = bytes.isEmpty ? 0x40 : 0
            bytes += [0x47, start | UInt8(pid >> 8), UInt8(pid & 0xFF), 0x10 | counter]
            let part = rest.prefix(184)
            bytes += part + [UInt8](repeating: 0xFF, count: 184 - part.count)
            rest.removeFirst(part.count)
            counter = (counter + 1) & 15
        }
        return bytes
    }

    private func observe(_ bytes: [UInt8], _ program: inout TransportProgram) {
        for (start, packet) in Stream.packets(bytes) {
            program.observe(packet, in: bytes, at: start)
        }
    }

    private var directory: [UInt8] {
        packets(pid: 0, section(table: 0, [0, 1, 0xC1, 0, 0, 0, 0, 0xE0, 0x10, 0, 7, 0xE1, 0x23]))
    }

    /// A program map of program 7 with a clock on PID 0x200, and descriptors of a length.
    private func map(_ descriptorLength: Int) -> [UInt8] {
        let descriptors = [UInt8](repeating: 0x55, count: descriptorLength)
        let length = [0xF0 | UInt8(descriptorLength >> 8), UInt8(descriptorLength & 0xFF)]
        let streams: [UInt8] = [0x1B, 0xE2, 0, 0xF0, 0, 0x0F, 0xE2, 1, 0xF0, 2, 9, 9]
        return section(table: 2, [0, 7, 0xC1, 0, 0, 0xE2, 0] + length + descriptors + streams)
    }

    @Test("finds the program map, the clock and the streams", arguments: [0, 300])
    func findsStreams(_ descriptorLength: Int) {
        var program = TransportProgram()
        observe(directory, &program)
        #expect(!program.isKnown)
        observe(packets(pid: 0x123, map(descriptorLength)), &program)
        #expect(program.isKnown)
        #expect(program.clockPID == 0x200)
        #expect(program.streams.map(\.pid) == [0x200, 0x201])
        #expect(program.description == "H.264, AAC")
    }

    @Test("ignores a damaged section, one too long, and one of another program")
    func ignoresBadSections() {
        var program = TransportProgram()
        observe(directory, &program)
        var damaged = map(0)
        damaged[9] ^= 1
        observe(packets(pid: 0x123, damaged), &program)
        #expect(!program.isKnown)
        // A length of 4,095 is beyond what the standard allows; the next section is read all the same.
        let long = [0x02, 0xBF, 0xFF] + [UInt8](repeating: 0, count: 4_000)
        observe(packets(pid: 0x123, long), &program)
        observe(packets(pid: 0x123, section(table: 2, [0, 8] + map(0)[5..<22])), &program)
        #expect(!program.isKnown)
        observe(packets(pid: 0x123, map(0)), &program)
        #expect(program.isKnown)
    }

    @Test("survives a directory of thousands of programs")
    func hugeDirectory() {
        var program = TransportProgram()
        var body: [UInt8] = [0, 1, 0xC1, 0, 0]
        for number in 1...250 { body += [1, UInt8(number), 0xFF, UInt8(number)] }
        observe(packets(pid: 0, section(table: 0, body)), &program)
        #expect(!program.isKnown)
    }
}

@Suite("TransportSchedule")
struct TransportScheduleTests {
    private func run(_ clocks: [Int64], rate: BitRate?) throws -> (TimeSpan, [UInt8], Int) {
        let signal = try #require(StopSignal())
        let sink = PacketSink()
        let output = FeedOutput(
            pacing: .none,
            signal: signal,
            onPackets: { sink.append($0) },
            onEvent: { _ in }
        )
        var schedule = TransportSchedule(program: TransportProgram(), rate: rate)
        schedule.begin(output)
        var jumps = 0
        for ticks in clocks {
            let bytes =
                ticks < 0
                ? Stream.packet(pid: 9) : Stream.clockPacket(pid: 0x100, ticks: ticks)
            let packet = try #require(TransportPacket(bytes, at: 0))
            if schedule.append(bytes, at: 0, packet: packet) == .jumped { jumps += 1 }
        }
        let length = schedule.finishPass()
        schedule.flush()
        return (length, sink.bytes, jumps)
    }

    @Test("takes as long as the clock says, the rest at the mean rate")
    func length() throws {
        // Ten packets per 100 ms, five after the last PCR.
        var clocks: [Int64] = []
        for number in 0..<4 {
            clocks += [Int64(number) * 2_700_000] + Array(repeating: -1, count: 9)
        }
        clocks.removeLast(5)
        let (length, bytes, jumps) = try run(clocks, rate: nil)
        #expect(abs(length.milliseconds - 350) < 0.001)
        #expect(bytes.count == 35 * 188)
        #expect(jumps == 0)
    }

    @Test("reports a jump and goes on at the rate so far")
    func jump() throws {
        let nines = Array(repeating: Int64(-1), count: 9)
        let clocks = [0] + nines + [2_700_000] + nines + [90_000_000_000] + nines + [90_002_700_000]
        let (length, bytes, jumps) = try run(clocks, rate: nil)
        #expect(jumps == 1)
        #expect(abs(length.milliseconds - 310) < 0.001)
        #expect(bytes.count == clocks.count * 188)
    }

    @Test("counts no time twice when packets had to leave before the next PCR")
    func early() throws {
        // 188 kB per 100 ms, then three times as much without a PCR: more than is held.
        let clocks: [Int64] =
            [0] + Array(repeating: -1, count: 999) + [2_700_000]
            + Array(repeating: -1, count: 2_999) + [10_800_000]
        let (length, bytes, jumps) = try run(clocks, rate: nil)
        #expect(abs(length.milliseconds - 400.1) < 0.01)
        #expect(bytes.count == clocks.count * 188)
        #expect(jumps == 0)
    }

    @Test("goes by the probed rate when there is no clock")
    func clockless() throws {
        let packets = Array(repeating: Int64(-1), count: 4_000)
        let rate = BitRate(bitsPerSecond: 188 * 8 * 1_000)
        let (length, bytes, _) = try run(packets, rate: rate)
        #expect(abs(length.seconds - 4) < 0.001)
        #expect(bytes.count == 4_000 * 188)
        let (unknown, all, _) = try run(packets, rate: nil)
        #expect(unknown == .zero)
        #expect(all.count == 4_000 * 188)
    }
}
