import CFFmpeg
import Testing

@testable import MediaIO

/// Small pictures of a stream that passes.
@Suite struct PictureTapTests {
    /// Streams of 320×180 with a key frame every 12 pictures, in the codecs that may come.
    private static let streams: [(name: String, options: String)] = [
        ("h264.ts", "-c:v libx264 -preset ultrafast -bf 2"),
        ("hevc.ts", "-c:v libx265 -preset ultrafast -x265-params log-level=none"),
        ("mpeg2.ts", "-c:v mpeg2video -b:v 2M"),
    ]

    private func fed(_ bytes: [UInt8], step: Int = 1_316) -> PictureTap {
        let tap = PictureTap()
        for start in stride(from: 0, to: bytes.count, by: step) {
            tap.append(Array(bytes[start..<min(start + step, bytes.count)]))
        }
        return tap
    }

    /// Asks until there is one.
    private func thumbnail(_ tap: PictureTap) async throws -> Thumbnail {
        for _ in 0..<4_000 {
            if let made = tap.thumbnail() { return made }
            try await Task.sleep(for: .milliseconds(5))
        }
        return try #require(nil as Thumbnail?)
    }

    /// The mean difference of two pictures per channel, 0…255.
    private func difference(_ left: [UInt8], _ right: [UInt8]) -> Double {
        guard left.count == right.count, !left.isEmpty else { return 255 }
        let sum = zip(left, right).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(left.count)
    }

    @Test("shows the key frame that a player would show", arguments: streams)
    func shows(_ stream: (name: String, options: String)) async throws {
        let path = try #require(
            Fixture.make("tap-" + stream.name, "-t 3 -s 320x180 -r 25 -g 12 -an \(stream.options)")
        )
        let made = try await thumbnail(fed(Fixture.read(path)))
        #expect((made.width, made.height) == (192, 108))
        #expect(made.pixels.count == 192 * 108 * 3)
        // Whichever key frame it was, ffmpeg shows one like it.
        let raw = Fixture.folder + "/tap-\(stream.name).rgb"
        let shown = Fixture.output(
            of: "ffmpeg -nostdin -v error -y -skip_frame nokey -i \(path) -vsync 0 "
                + "-vf scale=192:108:flags=area -pix_fmt rgb24 -f rawvideo \(raw)"
        )
        #expect(shown.isEmpty, "\(shown)")
        let frames = Fixture.read(raw)
        let length = made.pixels.count
        let nearest = stride(from: 0, to: frames.count - length + 1, by: length).map { start in
            difference(Array(frames[start..<start + length]), made.pixels)
        }.min()
        #expect(try #require(nearest) < 6)
    }

    @Test("tells size and rate of the clip, and makes a poster of it", arguments: [false, true])
    func clip(isTransport: Bool) async throws {
        let recording = try await Recording.of(
            isTransport ? try #require(Fixture.transport) : Fixture.bunny,
            limit: 1 << 20
        )
        let tap = fed(recording.bytes)
        #expect(tap.video == (isTransport ? "180p25" : "720p25"))
        let jpeg = try #require(tap.poster())
        #expect(jpeg.starts(with: [0xFF, 0xD8]) && jpeg.suffix(2) == [0xFF, 0xD9])
        #expect(jpeg.count > 1_000 && jpeg.count < 200_000)
        let path = Fixture.write(jpeg, "poster-\(isTransport).jpg")
        let probe = Fixture.output(of: "ffprobe -v error -show_streams \(path)")
        #expect(probe.contains("codec_name=mjpeg"))
        #expect(probe.contains("width=640") && probe.contains("height=360"))
        // Read back, as another node's dashboard does.
        let box = PictureTap.thumbnailBox
        let back = try #require(Thumbnail(jpeg: jpeg, width: box.width, height: box.height))
        #expect(difference(back.pixels, try await thumbnail(tap).pixels) < 4)
    }

    @Test("keeps the shape of a picture whose pixels are not square")
    func shape() async throws {
        let path = try #require(
            Fixture.make("wide.ts", "-t 1 -s 360x288 -aspect 16:9 -g 12 -an -c:v mpeg2video")
        )
        let made = try await thumbnail(fed(Fixture.read(path)))
        #expect((made.width, made.height) == (192, 108))
    }

    @Test("shows nothing before a key frame came, and nothing of a stream without pictures")
    func nothing() throws {
        #expect(PictureTap().thumbnail() == nil)
        #expect(PictureTap().poster() == nil)
        #expect(PictureTap().video == nil)
        let path = try #require(Fixture.make("sound.ts", "-t 1 -vn -c:a aac"))
        let tap = fed(Fixture.read(path))
        #expect(tap.thumbnail() == nil && tap.poster() == nil && tap.video == nil)
    }

    @Test("damage traps nowhere and costs no memory", arguments: 0..<40)
    func damage(_ seed: Int) throws {
        var bytes = Fixture.read(try #require(Fixture.transport))
        var random = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<(seed % 8 + 1) * 40 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            bytes[Int(random % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random >> 32)
        }
        let tap = fed(bytes, step: 100 + seed * 37)
        _ = tap.poster()
        _ = tap.video
    }

    @Test("leaves out a key frame that is larger than any")
    func bound() {
        var collector = KeyFrameCollector()
        // A program of one H.264 stream at PID 256, then a picture that never ends.
        collector.append(Samples.tables[...])
        collector.append(Samples.unitStart[...])
        let more = (0..<1_000).flatMap { Stream.packet(pid: 256, counter: UInt8($0 & 15)) }
        for _ in 0..<30 { collector.append(more[...]) }
        collector.append(Samples.unitStart[...])
        #expect(collector.newest == nil)
        collector.append(Stream.packet(pid: 256)[...])
        collector.append(Samples.unitStart[...])
        #expect(collector.newest?.bytes.count == 175 + 184)
    }
}

/// Transport packets made by hand.
private enum Samples {
    /// An association and a map: program 1, map at PID 4096, H.264 at PID 256.
    static let tables: [UInt8] =
        table(0, [0x00, 0xB0, 13, 0, 1, 0xC1, 0, 0, 0, 1, 0xF0, 0x00])
        + table(
            0x1000,
            [
                0x02, 0xB0, 18, 0, 1, 0xC1, 0, 0, 0xE1, 0x00, 0xF0, 0, 0x1B, 0xE1, 0x00, 0xF0, 0,
            ]
        )

    /// The first packet of a picture: a PES header without time, a parameter set, filling.
    static let unitStart: [UInt8] = {
        let head: [UInt8] = [0, 0, 1, 0xE0, 0, 0, 0x80, 0, 0]
        let payload = head + [0, 0, 1, 0x67] + [UInt8](repeating: 0x55, count: 171)
        return [0x47, 0x41, 0x00, 0x10] + payload
    }()

    private static func table(_ pid: Int, _ section: [UInt8]) -> [UInt8] {
        let whole = section + checksum(section)
        let head: [UInt8] = [0x47, 0x40 | UInt8(pid >> 8), UInt8(pid & 0xFF), 0x10, 0]
        return head + whole + [UInt8](repeating: 0xFF, count: 188 - head.count - whole.count)
    }

    /// CRC-32 of MPEG-2 tables: polynomial 0x04C11DB7, no reflection.
    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var value = UInt32.max
        for byte in bytes {
            value ^= UInt32(byte) << 24
            for _ in 0..<8 {
                value = value & 0x8000_0000 == 0 ? value << 1 : value << 1 ^ 0x04C1_1DB7
            }
        }
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
}
