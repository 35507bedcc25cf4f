import Basics
import Glibc
import Testing

@testable import MediaIO

@Suite("A command as the source", .serialized, .timeLimit(.minutes(2)))
struct CommandTests {
    private func open(_ command: String) throws -> (Ingest, Recording) {
        let recording = Recording()
        let ingest = try Ingest.open(IngestOptions(source: command, kind: .command))
        recording.start(ingest)
        return (ingest, recording)
    }

    private func failure(_ command: String) -> IngestError? {
        do throws(IngestError) {
            _ = try Ingest.open(IngestOptions(source: command, kind: .command))
            return nil
        } catch {
            return error
        }
    }

    @Test("splits words without a shell")
    func words() throws {
        #expect(try CommandWords.split("a  b") == ["a", "b"])
        #expect(try CommandWords.split(#"a 'b c' "d 'e" f\ g "#) == ["a", "b c", "d 'e", "f g"])
        #expect(
            try CommandWords.split(#"sh -c 'x | y "$Z"' ''"#) == ["sh", "-c", "x | y \"$Z\"", ""]
        )
        for bad in ["", "  ", "a 'b", "a \\", "\"", "''"] {
            #expect(throws: IngestError.self) { _ = try CommandWords.split(bad) }
        }
    }

    @Test("passes a command's transport stream bit for bit; its good end is the programme's")
    func passes() async throws {
        let path = try #require(Fixture.transport)
        let (ingest, recording) = try open("cat \(path)")
        defer { ingest.stop() }
        try await recording.wait()
        #expect(recording.bytes == Fixture.read(path))
        #expect(recording.events.last == .ended)
    }

    @Test("starts a command again that fails, and joins its stream to what came before")
    func restarts() async throws {
        let path = try #require(Fixture.transport)
        let (ingest, recording) = try open(
            "sh -c 'head -c 188000 \(path); echo out of film >&2; exit 3'"
        )
        defer { ingest.stop() }
        try await recording.wait { $0.bytes.count > 188_000 * 2 }
        ingest.stop()
        #expect(Array(recording.bytes.prefix(188_000)) == Array(Fixture.read(path).prefix(188_000)))
        #expect(recording.events.contains { "\($0)".contains("status 3: out of film") })
        #expect(Stream.counterErrors(recording.bytes) == 0)
        let copy = Fixture.write(recording.bytes, "restarted.ts")
        let times = Fixture.decodingTimes(of: copy, "v")
        #expect(times.count > 40)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("says why a command cannot be the source")
    func refuses() async throws {
        #expect(failure("no-such-program-here -x")?.code == .notFound)
        #expect(failure("/dev/null")?.code == .notReadable)
        let (ingest, recording) = try open("sh -c 'echo no camera >&2; exit 1'")
        defer { ingest.stop() }
        try await recording.wait()
        guard case .failed(let error) = recording.events.last else {
            Issue.record("it did not fail")
            return
        }
        #expect(error.message.contains("no camera"), "\(error)")
    }

    @Test("ends the command and what it started with the source")
    func kills() async throws {
        let marker = Fixture.folder + "/pid"
        let (ingest, recording) = try open(
            "sh -c 'sleep 300 & echo $! >\(marker); trap : TERM; wait; wait'"
        )
        for _ in 0..<200 where Fixture.read(marker).isEmpty {
            try await Task.sleep(for: .milliseconds(10))
        }
        let text = String(decoding: Fixture.read(marker), as: UTF8.self)
        let pid = try #require(Int32(text.filter(\.isNumber)))
        let start = MonotonicClock.now
        ingest.stop()
        withExtendedLifetime(recording) {}
        #expect((MonotonicClock.now - start).seconds < 2)
        for _ in 0..<200 where isAlive(pid) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!isAlive(pid))
    }

    /// Whether a process runs; one that has ended and that nobody has asked about does not.
    private func isAlive(_ pid: Int32) -> Bool {
        let status = String(decoding: Fixture.read("/proc/\(pid)/stat"), as: UTF8.self)
        return !status.isEmpty && !status.contains(") Z")
    }
}
