import Glibc
import Testing

@testable import MediaIO

@Suite("IngestError", .serialized)
struct IngestErrorTests {
    private func failure(_ source: String) -> IngestError? {
        do throws(IngestError) {
            _ = try Ingest.open(IngestOptions(source: source), pacing: .none)
            return nil
        } catch {
            return error
        }
    }

    private func expect(_ source: String, _ code: IngestError.Code) {
        let error = failure(source)
        #expect(error?.code == code, "\(source): \(String(describing: error))")
        #expect(error?.message.contains("\n") == false)
    }

    @Test("refuses what is missing, unreadable or empty")
    func unreadable() {
        expect("\(Fixture.folder)/missing.mp4", .notFound)
        expect(Fixture.folder, .notReadable)
        expect(Fixture.write([], "empty.mp4"), .empty)
        expect("/dev/null", .empty)
    }

    @Test("refuses what is not media")
    func notMedia() throws {
        let text = Array(String(repeating: "a line of text\n", count: 3_000).utf8)
        expect(Fixture.write(text, "text.mp4"), .notMedia)
        expect(Fixture.write(Array("no media".utf8), "tiny.txt"), .notMedia)
        var state: UInt64 = 1
        let noise = (0..<1_000_000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        expect(Fixture.write(noise, "noise.bin"), .notMedia)
        let nulls = (0..<1_000).flatMap { _ in Stream.packet(pid: 0x1FFF) }
        expect(Fixture.write(nulls, "null.ts"), .notMedia)
        let whole = Fixture.read(Fixture.bunny)
        let cut = Fixture.write(Array(whole.prefix(300_000)), "cut-bunny.mp4")
        expect(cut, .notMedia)
        #expect(failure(cut)?.message.contains("incomplete") == true)
    }

    @Test("does not follow a playlist to other files")
    func playlist() {
        let list =
            "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:5,\nfile://\(Fixture.bunny)\n#EXT-X-ENDLIST\n"
        expect(Fixture.write(Array(list.utf8), "list.m3u8"), .notMedia)
        let concat = "ffconcat version 1.0\nfile \(Fixture.bunny)\n"
        expect(Fixture.write(Array(concat.utf8), "list.ffconcat"), .notMedia)
    }

    @Test("names a codec that cannot be sent, and the cure")
    func unsupportedCodecs() throws {
        let video = try #require(
            Fixture.make("vp9.mkv", "-t 0.4 -s 160x90 -c:v libvpx-vp9 -cpu-used 8 -an")
        )
        expect(video, .unsupportedCodec)
        #expect(failure(video)?.message.contains("vp9") == true)
        #expect(failure(video)?.message.contains("ffmpeg -i") == true)
        let sound = try #require(Fixture.make("flac.mkv", "-t 0.4 -c:v copy -c:a flac"))
        expect(sound, .unsupportedCodec)
        #expect(failure(sound)?.message.contains("flac") == true)
    }

    @Test(
        "refuses sources that are misspelt or not supported",
        arguments: [
            "", "gopher://example.org/1", "udp://nowhere", "udp://a:0", "rtmp://0.0.0.0:1935/live",
            "rtmp://0.0.0.0:0/live/key", "rtmp://0.0.0.0/live/key?x=1", "srt://0.0.0.0",
            "srt://0.0.0.0:9000?mode=caller", "srt://a:9000?mode=what", "tcp://a", "http://",
            "http:// a",
            "udp://0.0.0.0:5000?ttl=1", "pattern:10x10", "pattern:641x360", "pattern:640x360@0",
            "pattern:640x360,1", "pattern:what", "pattern:640x",
        ]
    )
    func badSources(_ source: String) {
        expect(source, .badSource)
    }

    @Test("refuses to repeat a pipe or a socket")
    func loopsFilesOnly() {
        for source in ["udp://127.0.0.1:45871", "-"] {
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            defer { for end in ends { close(end) } }
            #expect(throws: IngestError.self) {
                let options = IngestOptions(source: source, repetition: .loop)
                _ = try Ingest.open(options, pacing: .none, standardInput: ends[0])
            }
        }
    }
}
