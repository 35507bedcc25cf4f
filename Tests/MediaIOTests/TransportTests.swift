import Basics
import Testing

@testable import MediaIO

@Suite("TransportSync")
struct TransportSyncTests {
    private let packets = (0..<40).flatMap { Stream.packet(pid: 0x100, counter: UInt8($0 % 16)) }

    @Test(
        "gives the same packets whatever pieces they come in",
        arguments: [1, 187, 188, 189, 1316]
    )
    func pieces(_ size: Int) {
        var sync = TransportSync()
        var found: [UInt8] = []
        for start in stride(from: 0, to: packets.count, by: size) {
            found += sync.append(packets[start..<min(packets.count, start + size)])
        }
        #expect(found == packets)
        #expect(sync.skippedCount == 0)
        #expect(sync.lossCount == 0)
    }

    @Test("hands a packet over as soon as its last byte is there")
    func immediate() {
        var sync = TransportSync()
        _ = sync.append(packets[..<(188 * 4)])
        let early = sync.append(packets[(188 * 4)..<(188 * 5 - 1)])
        let whole = sync.append(packets[(188 * 5 - 1)..<(188 * 5)])
        #expect(early.isEmpty)
        #expect(whole.count == 188)
    }

    @Test("finds its place after garbage and counts what it dropped")
    func resync() {
        var sync = TransportSync()
        let stream = packets + [1, 2, 3] + packets
        let found = sync.append(stream[...])
        #expect(found == packets + packets)
        #expect(sync.skippedCount == 3)
        #expect(sync.lossCount == 1)
    }

    @Test("keeps nothing of endless bytes without sync")
    func noise() {
        var sync = TransportSync()
        let noise = [UInt8](repeating: 0, count: 100_000)
        let nothing = sync.append(noise[...])
        #expect(nothing.isEmpty)
        #expect(sync.skippedCount >= 100_000 - 376)
        // Sync bytes at the wrong distance are no packets either.
        let wrong = (0..<1_000).flatMap { _ in [0x47] + [UInt8](repeating: 0, count: 186) }
        let still = sync.append(wrong[...])
        #expect(still.isEmpty)
    }
}

@Suite("TransportPacket")
struct TransportPacketTests {
    @Test("reads the fields of a header")
    func fields() throws {
        let bytes = Stream.packet(pid: 0x1ABC, counter: 9)
        let packet = try #require(TransportPacket(bytes, at: 0))
        #expect(packet.pid == 0x1ABC)
        #expect(packet.continuity == 9)
        #expect(packet.payloadOffset == 4)
        #expect(packet.clockOffset == nil)
        #expect(!packet.startsUnit && !packet.isScrambled && !packet.isRandomAccess)
    }

    @Test("reads a PCR and moves it round its wrap")
    func clock() throws {
        let ticks = TransportStream.clockModulus - 301
        var bytes = Stream.clockPacket(pid: 0x100, ticks: ticks)
        let packet = try #require(TransportPacket(bytes, at: 0))
        let offset = try #require(packet.clockOffset)
        #expect(TransportTime.clock(bytes, at: offset) == ticks)
        TransportTime.shiftClock(&bytes, at: offset, by: 90_000)
        let moved = (ticks + 90_000 * 300) % TransportStream.clockModulus
        #expect(TransportTime.clock(bytes, at: offset) == moved)
    }

    @Test("moves a timestamp and keeps its marker bits")
    func timestamp() {
        var bytes: [UInt8] = [0x31, 0x00, 0x01, 0x00, 0x01]
        TransportTime.shiftTimestamp(&bytes, at: 0, by: TransportStream.timestampModulus - 1)
        #expect(bytes == [0x3F, 0xFF, 0xFF, 0xFF, 0xFF])
        TransportTime.shiftTimestamp(&bytes, at: 0, by: 1)
        #expect(bytes == [0x31, 0x00, 0x01, 0x00, 0x01])
    }

    @Test("takes any adaptation field length without reading beyond the packet")
    func adaptationLengths() {
        for length in 0...255 {
            for control: UInt8 in [0x20, 0x30] {
                var bytes = Stream.packet(pid: 0x100, filled: 0xFF)
                bytes[3] = control
                bytes[4] = UInt8(length)
                guard let packet = TransportPacket(bytes, at: 0) else { continue }
                #expect((packet.payloadOffset ?? 187) < 188)
                #expect((packet.clockOffset ?? 6) + 6 <= 5 + max(7, length))
                if length > 183 { #expect(packet.clockOffset == nil) }
            }
        }
    }

    @Test("takes random bytes in every parser")
    func randomBytes() {
        var random = SeededRandom(seed: 7)
        var program = TransportProgram()
        var loop = TransportLoop()
        for round in 0..<3_000 {
            var bytes = (0..<188).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes[0] = 0x47
            // Half of them belong to the table that is always read.
            if round.isMultiple(of: 2) { (bytes[1], bytes[2]) = (0x40, 0) }
            guard let packet = TransportPacket(bytes, at: 0) else { continue }
            program.observe(packet, in: bytes, at: 0)
            loop.process(&bytes, at: 0, packet: packet)
            if round == 1_500 { loop.finishPass(clockLength: .seconds(1)) }
            #expect(bytes.count == 188 && bytes[0] == 0x47)
        }
        #expect(!program.isKnown)
    }
}

@Suite("TransportClock")
struct TransportClockTests {
    private func step(_ from: Int64, _ to: Int64, flags: UInt8 = 0x10) throws -> TransportClock.Step
    {
        var clock = TransportClock()
        let bytes = Stream.clockPacket(pid: 1, ticks: to, flags: flags)
        let packet = try #require(TransportPacket(bytes, at: 0))
        let first = clock.advance(to: from, in: packet)
        #expect(first == .first)
        return clock.advance(to: to, in: packet)
    }

    @Test("goes on, also round its wrap")
    func forward() throws {
        #expect(try step(0, 2_700_000) == .forward(.milliseconds(100)))
        let end = TransportStream.clockModulus
        #expect(try step(end - 1_350_000, 1_350_000) == .forward(.milliseconds(100)))
        #expect(try step(5, 5) == .forward(.zero))
    }

    @Test("calls a step back, a long step and a marked step a jump")
    func jumps() throws {
        #expect(try step(2_700_000, 0) == .jump)
        #expect(try step(0, 26 * 3_600 * 27_000_000) == .jump)
        #expect(try step(0, 2_700_000, flags: 0x90) == .jump)
    }
}
