import Testing

@testable import MediaIO

@Suite("Cameras and graphs", .serialized, .timeLimit(.minutes(2)))
struct CaptureTests {
    private func failure(_ source: String) -> IngestError? {
        do throws(IngestError) {
            _ = try Ingest.open(IngestOptions(source: source), pacing: .none)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "encodes a graph's pictures and sound, whatever their speed",
        arguments: [
            "testsrc2=size=320x180:rate=25:duration=2[out0];sine=duration=2[out1]",
            "testsrc2=size=322x182:rate=300:duration=1", "sine=duration=2",
        ]
    )
    func graphs(_ graph: String) async throws {
        let recording = try await Recording.of("lavfi:\(graph)")
        #expect(recording.events.last == .ended)
        let path = Fixture.write(recording.bytes, "graph.ts")
        #expect(Fixture.complaints(about: path).isEmpty)
        let pictures = Fixture.decodingTimes(of: path, "v").count
        let sounds = Fixture.decodingTimes(of: path, "a").count
        #expect(graph.contains("testsrc2") == (pictures > 40))
        #expect(graph.contains("sine") == (sounds > 70))
        #expect(Stream.counterErrors(recording.bytes) == 0)
    }

    @Test("says what is wrong with a camera or a graph")
    func refuses() {
        #expect(failure("v4l2:/dev/no-such-camera")?.code == .notReadable)
        #expect(failure("/dev/video97")?.code == .notReadable)
        #expect(failure("lavfi:no_such_source")?.code == .notReadable)
        #expect(failure("lavfi:")?.code == .badSource)
    }
}
