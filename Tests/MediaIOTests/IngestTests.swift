import Glibc
import Testing

@testable import MediaIO

@Suite("Ingest", .serialized, .timeLimit(.minutes(2)))
struct IngestTests {
    @Test("copies MP4 and Matroska into MPEG-TS that decodes without a complaint")
    func containersDecode() async throws {
        for source in [try #require(Fixture.mp4), try #require(Fixture.matroska)] {
            let recording = try await Recording.of(source)
            #expect(recording.raggedCount == 0)
            #expect(recording.events.last == .ended)
            #expect(Stream.counterErrors(recording.bytes) == 0)
            let path = Fixture.write(recording.bytes, "copied.ts")
            #expect(Fixture.complaints(about: path).isEmpty)
            #expect(Fixture.decodingTimes(of: path, "v").count == 100)
        }
    }

    @Test("puts PAT and PMT directly before every key picture")
    func tablesBeforeKeyPictures() async throws {
        let recording = try await Recording.of(try #require(Fixture.mp4))
        let packets = Stream.packets(recording.bytes)
        let keys = packets.indices.filter {
            packets[$0].header.pid == 0x100 && packets[$0].header.isRandomAccess
        }
        // 100 pictures, one key picture in 12.
        #expect(keys.count >= 8)
        for key in keys {
            try #require(key >= 2)
            #expect(packets[key].header.startsUnit)
            #expect(packets[key - 2].header.pid == 0)
            #expect(packets[key - 1].header.pid == 0x1000)
        }
    }

    @Test("describes a container's streams and rate in one line")
    func describesContainers() async throws {
        let recording = try await Recording.of(Fixture.bunny)
        guard case .started(let description) = recording.events.first else {
            Issue.record("no start")
            return
        }
        #expect(description == "H.264 1280x720 25/s, AAC 48 kHz 6 channels, 1.6 Mbit/s")
    }

    @Test("repeats a file without a step back in time or in a counter", arguments: ["mp4", "ts"])
    func loopsSmoothly(_ kind: String) async throws {
        let source = try #require(kind == "ts" ? Fixture.transport : Fixture.mp4)
        let passes = 3
        let limit = try await Recording.of(source).bytes.count * passes
        let recording = try await Recording.of(source, .loop, limit: limit)
        #expect(recording.discontinuities.isEmpty)
        #expect(Stream.counterErrors(recording.bytes) == 0)
        let path = Fixture.write(recording.bytes, "looped-\(kind).ts")
        for stream in ["v", "a"] {
            let times = Fixture.decodingTimes(of: path, stream)
            let steps = zip(times, times.dropFirst()).map { $1 - $0 }
            // More than two passes of 4 s, and no gap at the seam beyond 200 ms.
            #expect(steps.reduce(0, +) > 90_000 * 9)
            #expect(steps.allSatisfy { $0 > 0 && $0 <= 18_000 })
        }
    }

    @Test("sends a container to its end although it is cut off in the middle")
    func truncatedContainer() async throws {
        let whole = Fixture.read(try #require(Fixture.mp4))
        let cut = Fixture.write(Array(whole.prefix(whole.count * 6 / 10)), "cut.mp4")
        let recording = try await Recording.of(cut)
        #expect(recording.events.last == .ended)
        let path = Fixture.write(recording.bytes, "cut.ts")
        #expect(Fixture.complaints(about: path).isEmpty)
        let count = Fixture.decodingTimes(of: path, "v").count
        #expect(count > 30 && count < 95)
    }

    @Test("plays the test pattern: decodable, a key picture every second, at its rate")
    func patternDecodes() async throws {
        let recording = try await Recording.of("pattern:320x240@20,600k", limit: 600_000)
        let path = Fixture.write(recording.bytes, "pattern.ts")
        // The recording is cut within a frame; all before that must be sound.
        let complaints = Fixture.output(of: "ffmpeg -nostdin -v error -i \(path) -t 6 -f null -")
        #expect(complaints.isEmpty)
        let times = Fixture.decodingTimes(of: path, "v")
        let seconds = Double((times.last ?? 0) - (times.first ?? 0)) / 90_000
        #expect(abs(Double(recording.bytes.count) * 8 / seconds / 600_000 - 1) < 0.15)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 4_500 })
        let keys = Stream.packets(recording.bytes).filter {
            $0.header.pid == 0x100 && $0.header.isRandomAccess
        }
        #expect(abs(keys.count - Int(seconds) - 1) <= 1)
        #expect(Fixture.decodingTimes(of: path, "a").count > times.count * 2)
    }
}
