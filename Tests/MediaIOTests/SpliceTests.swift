import Basics
import Glibc
import Testing

@testable import MediaIO

@Suite("TransportSplice", .timeLimit(.minutes(1)))
struct SpliceTests {
    private func transport() throws -> [UInt8] { Fixture.read(try #require(Fixture.transport)) }

    private func flaws(_ bytes: [UInt8], _ name: String) -> String {
        let path = Fixture.write(bytes, name)
        var flaws = Fixture.complaints(about: path)
        if Stream.counterErrors(bytes) > 0 { flaws += " counters" }
        for kind in ["v", "a"] {
            let times = Fixture.decodingTimes(of: path, kind)
            if zip(times, times.dropFirst()).contains(where: { $0 >= $1 }) {
                flaws += " order of \(kind)"
            }
        }
        return flaws
    }

    @Test("leaves a stream alone as long as nothing is joined to it")
    func untouched() throws {
        let bytes = try transport()
        var splice = TransportSplice()
        splice.cut()
        let passed = splice.append(bytes)
        #expect(passed == bytes)
        #expect(splice.jointCount == 0)
    }

    @Test("joins the same stream again and again into one that goes on")
    func joins() throws {
        let bytes = try transport()
        var splice = TransportSplice()
        var output: [UInt8] = []
        for _ in 0..<3 {
            splice.cut()
            for start in stride(from: 0, to: bytes.count, by: 188 * 100) {
                output += splice.append(Array(bytes[start..<min(bytes.count, start + 18_800)]))
            }
        }
        #expect(splice.jointCount == 2)
        #expect(flaws(output, "joined.ts") == "")
        let times = Fixture.decodingTimes(of: "\(Fixture.folder)/joined.ts", "v")
        #expect(times.count == 300)
    }

    @Test("joins anew where the stream's own clock jumps, and not where it wraps")
    func jumps() throws {
        let bytes = try transport()
        var splice = TransportSplice()
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count * 2, by: 18_800) {
            output += splice.append(
                Array((bytes + bytes)[start..<min(bytes.count * 2, start + 18_800)])
            )
        }
        #expect(splice.jointCount == 1)
        #expect(flaws(output, "jumped.ts") == "")
        let wrapping = moved(bytes, by: TransportStream.timestampModulus - 180_000)
        var second = TransportSplice()
        let passed = second.append(wrapping)
        #expect(passed == wrapping)
        #expect(second.jointCount == 0)
    }

    @Test("gives a stream of other PIDs the PIDs that players know, and its tables a new version")
    func mapsPIDs() throws {
        let bytes = try transport()
        let options =
            "-t 1 -s 160x90 -c:v libx264 -preset ultrafast -g 12 -c:a aac "
            + "-mpegts_start_pid 0x300 -mpegts_pmt_start_pid 0x500 -mpegts_service_id 7"
        let other = Fixture.read(try #require(Fixture.make("other.ts", options)))
        var splice = TransportSplice()
        var output = splice.append(bytes)
        splice.cut()
        output += splice.append(other)
        splice.cut()
        output += splice.append(bytes)
        let pids = Set(Stream.packets(output).map(\.header.pid))
        #expect(pids == Set(Stream.packets(bytes).map(\.header.pid)))
        #expect(flaws(output, "mapped.ts") == "")
        let frames = Fixture.decodingTimes(of: "\(Fixture.folder)/mapped.ts", "v")
        #expect(frames.count == 225)
    }

    @Test("hands over to another stream at its key picture, with every picture whole")
    func handsOver() throws {
        let bytes = try transport()
        let output = handOver(from: bytes, at: bytes.count / 2, to: bytes)
        #expect(flaws(output, "handed.ts") == "")
    }

    @Test(
        "lets no sound overlap at a joint, however many frames a unit of it has",
        arguments: [(2_930, 100), (2_930, 4_000), (100, 2_930), (1_000, 3_000)]
    )
    func joinsSound(_ before: Int, _ after: Int) throws {
        let options =
            "-t 4 -s 160x90 -c:v libx264 -preset ultrafast -g 12 -c:a aac -b:a 64k -pes_payload_size "
        let streams = try [before, after].map { size in
            Fixture.read(
                try #require(
                    Fixture.make("sound\(before)-\(after)-\(size).ts", options + "\(size)")
                )
            )
        }
        for part in 1...3 {
            let place = streams[0].count * part / 5
            let later = Array(streams[1][(streams[1].count / 188 * part / 7 * 188)...])
            let output = handOver(from: streams[0], at: place, to: later)
            #expect(flaws(output, "sound\(before)-\(after).ts") == "", "joined at \(place)")
        }
    }

    /// A stream up to a place, and another from its next key picture on, which waits until the first has
    /// ended what is under way.
    private func handOver(from first: [UInt8], at place: Int, to other: [UInt8]) -> [UInt8] {
        var join = StreamJoin()
        let part = 188 * 40
        var place = place / 188 * 188
        let passed = join.append(Array(first[..<place]))
        var output = passed.packets
        #expect(passed.opening == nil && output == Array(first[..<place]))
        join.beginOffer()
        var isTaken = false
        for start in stride(from: 0, to: other.count, by: part) {
            let piece = Array(other[start..<min(other.count, start + part)])
            guard !isTaken else {
                output += join.append(piece).packets
                continue
            }
            let early = join.offer(piece)
            #expect(early == nil)
            let passage = join.append(Array(first[place..<min(first.count, place + part)]))
            place += part
            output += passage.packets
            guard let opening = passage.opening else { continue }
            isTaken = true
            output += opening
        }
        let hasJoined = join.hasJoined
        #expect(hasJoined && isTaken)
        return output
    }

    @Test("opens its gate only at a key picture, with the tables before it")
    func gate() throws {
        let bytes = try transport()
        let keys = Stream.packets(bytes).filter {
            $0.header.pid == 0x100 && $0.header.isRandomAccess
        }
        let after = keys[1].start + 188
        var gate = KeyGate()
        let early = gate.append(bytes[after..<after + 1_880])
        #expect(early?.packets.isEmpty == nil)
        let late = gate.append(bytes[(after + 1_880)...])
        let opening = try #require(late)
        let packets = Stream.packets(opening.packets)
        #expect(packets[0].header.pid == 0)
        #expect(packets[1].header.pid == 0x1000)
        #expect(packets[2].header.pid == 0x100 && packets[2].header.isRandomAccess)
    }

    @Test("tells once when key pictures are more than four seconds apart")
    func watch() throws {
        let rare = Fixture.read(
            try #require(
                Fixture.make(
                    "rare.ts",
                    "-t 6 -s 160x90 -c:v libx264 -preset ultrafast -g 500 -sc_threshold 0 -an"
                )
            )
        )
        var watch = KeyFrameWatch()
        let often = watch.observe(try transport())
        #expect(often == nil)
        var second = KeyFrameWatch()
        let first = second.observe(rare)
        let told = try #require(first)
        #expect(told.seconds > 4 && told.seconds < 4.2)
        let again = second.observe(rare)
        #expect(again == nil)
    }

    @Test("no packets whatever trap it")
    func wild() {
        var state: UInt64 = 7
        var splice = TransportSplice()
        for round in 0..<200 {
            var bytes: [UInt8] = []
            for _ in 0..<20 {
                bytes +=
                    [0x47]
                    + (0..<187).map { _ -> UInt8 in
                        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        return UInt8(truncatingIfNeeded: state >> 56)
                    }
            }
            if round.isMultiple(of: 7) { splice.cut() }
            let count = splice.append(bytes).count
            #expect(count.isMultiple(of: 188))
        }
    }

    /// A stream with all its times moved.
    private func moved(_ bytes: [UInt8], by shift: Int64) -> [UInt8] {
        var moved = bytes
        for (start, packet) in Stream.packets(bytes) {
            if let offset = packet.clockOffset {
                TransportTime.shiftClock(&moved, at: start + offset, by: shift)
            }
            for offset in PesHeader.timestampOffsets(bytes, at: start, packet: packet) {
                TransportTime.shiftTimestamp(&moved, at: start + offset, by: shift)
            }
        }
        return moved
    }
}
