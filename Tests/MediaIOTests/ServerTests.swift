import Basics
import Glibc
import Testing

@testable import MediaIO

/// Whether a program of the system is here.
private func has(_ program: String) -> Bool { access("/usr/bin/\(program)", X_OK) == 0 }

@Suite("Servers that are pulled from", .serialized, .timeLimit(.minutes(3)))
struct ServerTests {
    /// A GOP every half second, 20 s long.
    private static let clip = Fixture.make(
        "served.mp4",
        before: "-stream_loop 9",
        "-t 20 -s 320x180 -c:v libx264 -preset ultrafast -g 12 -b:v 400k"
            + " -c:a aac -b:a 64k -ac 2"
    )

    /// Opens an address, again and again until its server is there.
    private func open(_ source: String) async throws -> Recording {
        var last: IngestError?
        for _ in 0..<50 {
            do throws(IngestError) {
                let ingest = try Ingest.open(IngestOptions(source: source))
                let recording = Recording(limit: 150_000)
                recording.start(ingest)
                try? await recording.wait()
                ingest.stop()
                return recording
            } catch {
                last = error
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw last ?? IngestError(.unreachable, source)
    }

    @Test("calls an encoder that waits with SRT")
    func srtCaller() async throws {
        let clip = try #require(ServerTests.clip)
        let (_, port) = try #require(DatagramSender.make())
        let place = "srt://127.0.0.1:\(port)"
        let server = try #require(
            EncoderProcess("-re -i \(clip) -c copy -f mpegts \(place)?mode=listener")
        )
        defer { server.pull() }
        let recording = try await open(place)
        #expect(recording.bytes.count >= 150_000)
        #expect(recording.raggedCount == 0)
        #expect(Stream.counterErrors(recording.bytes) == 0)
    }

    @Test(
        "pulls picture and sound from an RTSP server",
        .enabled(if: has("cvlc"), "VLC, whose server is used, is not installed")
    )
    func rtsp() async throws {
        let clip = try #require(ServerTests.clip)
        _ = system("chmod a+rx \(Fixture.folder); chmod a+r \(clip)")
        let port = EncoderProcess.freePort()
        let address = "rtsp://127.0.0.1:\(port)/live"
        // VLC does not run as root.
        let words =
            (getuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "")
            + "env HOME=/tmp timeout 60 cvlc -I dummy --no-dbus --quiet \(clip)"
            + " --sout #rtp{sdp=\(address)} --sout-keep"
        let list = words.split(separator: " ").map(String.init)
        let command = try CommandProcess(list, try #require(StopSignal()))
        defer { withExtendedLifetime(command) {} }
        let recording = try await open(address)
        let path = Fixture.write(recording.bytes, "rtsp.ts")
        #expect(Fixture.decodingTimes(of: path, "v").count > 20)
        #expect(Fixture.decodingTimes(of: path, "a").count > 20)
        #expect(Stream.counterErrors(recording.bytes) == 0)
    }
}

@Suite("Odd sources", .serialized, .timeLimit(.minutes(3)))
struct OddSourceTests {
    private static let x264 = "-c:v libx264 -preset ultrafast -s 160x90"

    /// What is wrong with what came of a file: nothing, when it plays.
    private func flaws(_ path: String, kinds: [String]) async throws -> String {
        let recording = try await Recording.of(path)
        let result = Fixture.write(recording.bytes, "odd.ts")
        var flaws = Fixture.complaints(about: result)
        for kind in ["v", "a"] {
            let times = Fixture.decodingTimes(of: result, kind)
            if times.isEmpty == kinds.contains(kind) { flaws += " \(kind): \(times.count)" }
            if zip(times, times.dropFirst()).contains(where: { $0 >= $1 }) {
                flaws += " order of \(kind)"
            }
        }
        if Stream.counterErrors(recording.bytes) > 0 { flaws += " counters" }
        return flaws
    }

    @Test(
        "plays sound alone, pictures alone, one picture, one in two seconds, 300 in one",
        arguments: [
            ("sound.m4a", "-t 2 -vn -c:a aac", ["a"]),
            ("sound.mp3", "-t 2 -vn -c:a libmp3lame", ["a"]),
            ("mute.mp4", "-t 2 -an \(x264)", ["v"]),
            ("one.mp4", "-frames:v 1 -an \(x264)", ["v"]),
            ("slow.mp4", "-t 4 -r 1/2 -an \(x264)", ["v"]),
            ("fast.mp4", "-t 2 -r 300 \(x264) -c:a aac", ["v", "a"]),
            ("wrapped.ts", "-t 4 \(x264) -g 12 -c:a aac -output_ts_offset 95440", ["v", "a"]),
        ]
    )
    func plays(_ name: String, _ options: String, _ kinds: [String]) async throws {
        let path = try #require(Fixture.make(name, options))
        #expect(try await flaws(path, kinds: kinds) == "")
    }

    @Test("plays what is there of files that are cut in the middle, or says why not in one line")
    func cut() async throws {
        for name in ["short.mp4", "short.mkv", "short.ts"] {
            let whole = Fixture.read(
                try #require(
                    [Fixture.mp4, Fixture.matroska, Fixture.transport].compactMap(\.self)
                        .first { $0.hasSuffix(name) }
                )
            )
            for share in [0.02, 0.3, 0.5, 0.9] {
                let count = Int(Double(whole.count) * share)
                let path = Fixture.write(Array(whole[..<count]), "cut-\(name)")
                do {
                    let recording = try await Recording.of(path)
                    let isEnded = recording.events.contains(.ended)
                    let words = recording.events.compactMap { event -> String? in
                        if case .failed(let error) = event { return error.message }
                        return nil
                    }
                    #expect(isEnded || words.count == 1, "\(name) \(share)")
                    #expect(recording.raggedCount == 0)
                } catch let error as IngestError {
                    #expect(!error.message.contains("\n") && error.message.contains(path))
                }
            }
        }
    }
}
