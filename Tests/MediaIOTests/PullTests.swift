import Glibc
import Testing

@testable import MediaIO

@Suite("Streams that are pulled", .serialized, .timeLimit(.minutes(2)))
struct PullTests {
    private func playlist(_ entry: String) -> [UInt8] {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n\(entry)\n#EXT-X-ENDLIST\n"
        return Array(text.utf8)
    }

    @Test(
        "plays a file and a playlist over HTTP to their ends",
        arguments: ["a.mp4", "a.ts", "list.m3u8"]
    )
    func http(_ name: String) async throws {
        let (mp4, ts) = (
            Fixture.read(try #require(Fixture.mp4)), Fixture.read(try #require(Fixture.transport))
        )
        let list = playlist("a.ts")
        let server = try #require(
            StaticServer { _ in ["/a.mp4": mp4, "/a.ts": ts, "/list.m3u8": list] }
        )
        let recording = try await Recording.of("http://127.0.0.1:\(server.port)/\(name)")
        #expect(recording.events.last == .ended)
        let path = Fixture.write(recording.bytes, "pulled.ts")
        #expect(Fixture.complaints(about: path).isEmpty)
        #expect(Fixture.decodingTimes(of: path, "v").count == 100)
    }

    @Test(
        "opens nothing on this machine, and no link-local address, because a playlist says so",
        arguments: [
            "FILE", "file://FILE", "concat:FILE", "data:video/mp2t;base64,Rw==",
            "http://169.254.169.254/a.ts",
            "http://[fe80::1]/a.ts", "http://2852039166/a.ts", "subfile,,start,0,end,0,,:FILE",
        ]
    )
    func references(_ entry: String) async throws {
        let path = try #require(Fixture.transport)
        let list = playlist(
            entry.split(separator: "FILE", omittingEmptySubsequences: false).joined(separator: path)
        )
        let server = try #require(StaticServer { _ in ["/list.m3u8": list] })
        do throws(IngestError) {
            let ingest = try Ingest.open(
                IngestOptions(source: "http://127.0.0.1:\(server.port)/list.m3u8")
            )
            ingest.stop()
            Issue.record("\(entry) was opened")
        } catch {
            #expect(!error.message.contains("\n"))
        }
    }

    @Test("passes a live transport stream over HTTP bit for bit")
    func live() async throws {
        let path = try #require(Fixture.transport)
        let url = "http://127.0.0.1:\(EncoderProcess.freePort())/live.ts"
        let server = try #require(
            EncoderProcess("-re -i \(path) -c copy -f mpegts -listen 1 \(url)")
        )
        var ingest: Ingest?
        for _ in 0..<100 where ingest == nil {
            ingest = try? Ingest.open(IngestOptions(source: url))
            if ingest == nil { try await Task.sleep(for: .milliseconds(50)) }
        }
        let recording = Recording()
        recording.start(try #require(ingest))
        try await recording.wait { $0.bytes.count > 100_000 }
        ingest?.stop()
        server.pull()
        let description = "\(recording.events.first.map { "\($0)" } ?? "nothing")"
        #expect(description.contains("live MPEG-TS"))
        #expect(Stream.counterErrors(recording.bytes) == 0)
    }

    @Test("says what is wrong with an address that answers")
    func refused() throws {
        let text = Array(String(repeating: "no media\n", count: 400).utf8)
        let server = try #require(StaticServer { _ in ["/text": text] })
        for (path, code) in [("/missing.ts", IngestError.Code.unreachable), ("/text", .notMedia)] {
            do throws(IngestError) {
                _ = try Ingest.open(IngestOptions(source: "http://127.0.0.1:\(server.port)\(path)"))
                Issue.record("\(path) was opened")
            } catch {
                #expect(error.code == code, "\(error)")
            }
        }
    }
}
