import Basics
import Testing

@testable import MediaIO

/// Everything that comes out of a remuxer for some bytes, given in pieces of a size.
private func remuxed(_ bytes: [UInt8], pieces: Int = 1_316) -> [RemuxOutput] {
    var outputs: [RemuxOutput] = []
    let remuxer = Remuxer { outputs.append($0) }
    for start in stride(from: 0, to: bytes.count, by: pieces) {
        remuxer.append(bytes[start..<min(start + pieces, bytes.count)])
    }
    remuxer.finish()
    return outputs
}

extension [RemuxOutput] {
    fileprivate var heads: [RemuxHead] {
        compactMap { if case .head(let head) = $0 { head } else { nil } }
    }
    fileprivate var parts: [RemuxPart] {
        compactMap { if case .part(let part) = $0 { part } else { nil } }
    }
    /// The file that a browser would get.
    fileprivate var file: [UInt8] {
        flatMap { output -> [UInt8] in
            switch output {
            case .head(let head): head.bytes
            case .part(let part): part.bytes
            case .unplayable: []
            }
        }
    }
}

@Suite("Remux")
struct RemuxTests {
    @Test("makes a file that decodes without a fault, picture for picture")
    func decodes() throws {
        let source = try #require(Fixture.transport)
        let outputs = remuxed(Fixture.read(source))
        #expect(outputs.heads.count == 1)
        let head = try #require(outputs.heads.first)
        #expect(head.codecs.hasPrefix("avc1.") && head.codecs.hasSuffix(",mp4a.40.2"))
        #expect(head.size?.width == 320 && head.size?.height == 180)
        let path = Fixture.write(outputs.file, "remuxed.mp4")
        #expect(Fixture.output(of: "ffmpeg -nostdin -v warning -i \(path) -f null -") == "")
        let count =
            "ffprobe -v error -count_packets -select_streams v -show_entries"
            + " stream=nb_read_packets -of csv=p=0"
        let pictures = Fixture.output(of: "\(count) \(path)")
        #expect(Int(pictures.prefix { $0.isNumber }) ?? 0 > 90)
        #expect(Fixture.output(of: "\(count) \(source)").hasPrefix(pictures))
    }

    @Test("cuts fragments of a tenth of a second, one at each key frame, without holes")
    func fragments() throws {
        let parts = remuxed(Fixture.read(try #require(Fixture.transport))).parts
        #expect(parts.first?.startsKeyFrame == true)
        #expect(parts.first?.start == .zero)
        for (part, next) in zip(parts, parts.dropFirst()) {
            let gap = abs((part.start + part.duration - next.start).nanoseconds)
            #expect(gap <= 12_000)
            #expect(part.duration <= .milliseconds(170))
        }
        let span = parts.reduce(TimeSpan.zero) { $0 + $1.duration }
        #expect(abs(span.seconds - 4) < 0.2)
        // Key frames every 12 pictures of a clip with 24 or 25 a second: eight or so in 4 s.
        #expect(parts.count(where: \.startsKeyFrame) >= 7)
    }

    @Test("comes to the same however the bytes are cut")
    func pieces() throws {
        let bytes = Fixture.read(try #require(Fixture.transport))
        #expect(remuxed(bytes, pieces: 188 * 7) == remuxed(bytes, pieces: 1_001))
    }

    @Test("begins a new movie after a hole, on a timeline without one")
    func hole() throws {
        let bytes = Fixture.read(try #require(Fixture.transport))
        let third = bytes.count / 3 / 188 * 188
        let outputs = remuxed(Array(bytes[..<third] + bytes[(third + third / 2 / 188 * 188)...]))
        #expect(outputs.heads.count == 2)
        let second = try #require(outputs.lastIndex { if case .head = $0 { true } else { false } })
        let before = outputs[..<second].map { $0 }.parts
        let after = outputs[second...].map { $0 }.parts
        let (last, first) = (try #require(before.last), try #require(after.first))
        #expect(first.startsKeyFrame)
        // Pictures that are shown after they are decoded make the end of a movie a little later.
        let gap = first.start - last.start - last.duration
        #expect(gap >= .zero && gap < .milliseconds(250))
        let path = Fixture.write(outputs[second...].map { $0 }.file, "after-hole.mp4")
        #expect(Fixture.output(of: "ffmpeg -nostdin -v error -i \(path) -f null -") == "")
    }

    @Test("takes a stream that starts anew, with other parameters and times, as a new movie")
    func epochs() throws {
        let first = Fixture.read(try #require(Fixture.transport))
        let options = "-t 2 -s 640x360 -c:v libx264 -preset ultrafast -g 12 -b:v 400k -c:a aac"
        let other = try #require(Fixture.make("other.ts", options + " -output_ts_offset 5000"))
        let outputs = remuxed(first + Fixture.read(other))
        #expect(outputs.heads.map { $0.size?.width } == [320, 640])
        let parts = outputs.parts
        for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.start < next.start) }
        #expect(try #require(parts.last).start < .seconds(7))
    }

    @Test("survives the wrap of the timestamps")
    func wrap() throws {
        let options = "-t 3 -s 320x180 -c:v libx264 -preset ultrafast -g 12 -c:a aac -b:a 64k"
        // 2^33 ticks are 95,443.7 s: the wrap comes in the middle.
        let path = try #require(Fixture.make("wrap.ts", options + " -output_ts_offset 95441"))
        let outputs = remuxed(Fixture.read(path))
        #expect(outputs.heads.count == 1)
        let span = outputs.parts.reduce(TimeSpan.zero) { $0 + $1.duration }
        #expect(abs(span.seconds - 3) < 0.2)
    }

    @Test("carries HEVC with its name, sound alone, and picture alone")
    func shapes() throws {
        let hevc = try #require(
            Fixture.make(
                "hevc.ts",
                "-t 1 -s 320x180 -c:v libx265 -preset ultrafast -x265-params log-level=none -an"
            )
        )
        let picture = remuxed(Fixture.read(hevc))
        #expect(picture.heads.first?.codecs.hasPrefix("hvc1.1.6.L") == true)
        let path = Fixture.write(picture.file, "hevc.mp4")
        #expect(Fixture.output(of: "ffmpeg -nostdin -v error -i \(path) -f null -") == "")

        let sound = try #require(Fixture.make("sound.ts", "-t 2 -vn -c:a aac -b:a 64k"))
        let outputs = remuxed(Fixture.read(sound))
        #expect(outputs.heads.first?.codecs == "mp4a.40.2")
        #expect(outputs.heads.first?.size == nil)
        #expect(outputs.parts.count > 10)
    }

    @Test("says in words what browsers do not play")
    func unplayable() throws {
        let mpeg = try #require(
            Fixture.make("mpeg2.ts", "-t 1 -s 320x180 -c:v mpeg2video -c:a mp2")
        )
        let outputs = remuxed(Fixture.read(mpeg))
        #expect(outputs == [.unplayable("The picture is MPEG-2, which browsers do not play.")])
        let mixed = try #require(
            Fixture.make("ac3.ts", "-t 1 -s 320x180 -c:v libx264 -preset ultrafast -c:a ac3")
        )
        let head = remuxed(Fixture.read(mixed)).heads.first
        #expect(head?.omitted == ["AC-3"])
        #expect(head?.codecs.contains("mp4a") == false)
    }

    @Test("never traps on damaged streams and holds little of them")
    func damage() throws {
        let bytes = Fixture.read(try #require(Fixture.transport))
        var random = SeededRandom(seed: 5)
        for _ in 0..<8 {
            var damaged = Array(bytes.prefix(200_000))
            for _ in 0..<400 {
                damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(
                    truncatingIfNeeded: random.next()
                )
            }
            let outputs = remuxed(damaged)
            #expect(outputs.file.count < 2 * damaged.count)
        }
        #expect(remuxed([UInt8](repeating: 0x47, count: 188 * 100)) == [])
        #expect(remuxed([]) == [])
    }

    @Test("runs on a thread that stops at once")
    func thread() async throws {
        let bytes = Fixture.read(try #require(Fixture.transport))
        let (stream, sink) = AsyncStream.makeStream(of: RemuxOutput.self)
        let remux = try #require(Remux { sink.yield($0) })
        #expect(remux.append(bytes))
        let first = await stream.first { _ in true }
        guard case .head = first else {
            Issue.record("the first output is \(String(describing: first))")
            return
        }
        remux.stop()
        #expect(!remux.append(bytes))
    }
}
