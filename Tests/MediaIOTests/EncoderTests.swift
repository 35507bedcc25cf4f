import Basics
import Glibc
import Testing

@testable import MediaIO

@Suite("Encoders that come and go", .serialized, .timeLimit(.minutes(3)))
struct EncoderTests {
    /// Two GOPs a second, so that a joint never has to wait for long.
    private static let clip = Fixture.make(
        "push.mp4",
        "-t 6 -s 320x180 -c:v libx264 -preset ultrafast -g 12 -bf 2 -b:v 400k -c:a aac -b:a 64k"
    )
    /// A card of another size, without sound.
    private static let card = Fixture.make(
        "card.mp4",
        "-t 1 -s 160x90 -c:v libx264 -preset ultrafast -g 12 -an"
    )

    private func open(_ source: String, card: String? = nil) throws -> (Ingest, Recording) {
        var options = IngestOptions(source: source)
        options.offlineCard = card
        let recording = Recording()
        let ingest = try Ingest.open(options)
        recording.start(ingest)
        return (ingest, recording)
    }

    /// What is wrong with a recording: nothing, for a sound one.
    private func flaws(_ recording: Recording, _ name: String) -> String {
        let path = Fixture.write(recording.bytes, name)
        var flaws = Fixture.complaints(about: path)
        if recording.raggedCount > 0 { flaws += " ragged" }
        if Stream.counterErrors(recording.bytes) > 0 { flaws += " counters" }
        for kind in ["v", "a"] {
            let times = Fixture.decodingTimes(of: path, kind)
            if zip(times, times.dropFirst()).contains(where: { $0 >= $1 }) {
                flaws += " order of \(kind)"
            }
        }
        return flaws
    }

    private func has(_ recording: Recording, _ words: String) -> Bool {
        recording.events.contains { "\($0)".contains(words) }
    }

    private func elapsed(_ body: () -> Void) -> Double {
        let start = MonotonicClock.now
        body()
        return (MonotonicClock.now - start).seconds
    }

    @Test("takes an encoder over RTMP, survives its loss, and joins what comes back")
    func rtmp() async throws {
        let clip = try #require(EncoderTests.clip)
        let address = "rtmp://127.0.0.1:\(EncoderProcess.freePort())/live/key"
        let (ingest, recording) = try open(address)
        defer { ingest.stop() }
        let push = "-re -i \(clip) -c copy -f flv \(address)"
        let first = try #require(EncoderProcess(push))
        try await recording.wait { $0.bytes.count > 60_000 }
        first.pull()
        try await recording.wait { has($0, "went away") || has($0, "connection was closed") }
        let count = recording.bytes.count
        let second = try #require(EncoderProcess(push))
        try await recording.wait { $0.bytes.count > count + 60_000 }
        second.pull()
        #expect(has(recording, "the encoder is back after"))
        #expect(elapsed { ingest.stop() } < 1)
        #expect(flaws(recording, "rtmp.ts") == "")
        #expect(recording.bytes.count > count + 60_000)
    }

    @Test("refuses a wrong stream key and goes on listening")
    func wrongKey() async throws {
        let clip = try #require(EncoderTests.clip)
        let place = "rtmp://127.0.0.1:\(EncoderProcess.freePort())/live"
        let (ingest, recording) = try open("\(place)/secret")
        defer { ingest.stop() }
        let words = Fixture.output(
            of: "ffmpeg -nostdin -v error -i \(clip) -c copy -f flv \(place)/guess"
        )
        #expect(words.hasPrefix("failed"))
        #expect(words.contains("wrong stream key"))
        try await recording.wait { has($0, "wrong stream key") }
        #expect(recording.bytes.isEmpty)
        let right = try #require(EncoderProcess("-re -i \(clip) -c copy -f flv \(place)/secret"))
        try await recording.wait { $0.bytes.count > 20_000 }
        right.pull()
        #expect(recording.bytes.count > 20_000)
        #expect(!recording.events.contains { "\($0)".contains("secret") })
    }

    @Test("takes an encoder over SRT, bit for bit until it goes, and joins what comes back")
    func srt() async throws {
        let clip = try #require(EncoderTests.clip)
        let (_, port) = try #require(DatagramSender.make())
        let (ingest, recording) = try open("srt://127.0.0.1:\(port)?mode=listener")
        defer { ingest.stop() }
        let push = "-re -i \(clip) -c copy -f mpegts srt://127.0.0.1:\(port)"
        let first = try #require(EncoderProcess(push + "?linger=0"))
        try await recording.wait { $0.bytes.count > 60_000 }
        first.pull()
        try await recording.wait { has($0, "waiting for the encoder") }
        let count = recording.bytes.count
        var second: EncoderProcess?
        // The port is taken again a moment after the loss; a real encoder tries again, too.
        for _ in 0..<20 where recording.bytes.count == count && !recording.isOver {
            second = try #require(EncoderProcess(push))
            for _ in 0..<100 where recording.bytes.count == count {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try await recording.wait { $0.bytes.count > count + 60_000 }
        second?.pull()
        #expect(elapsed { ingest.stop() } < 1)
        // The last picture before the loss may be cut off; everything else is sound.
        let flaws = flaws(recording, "srt.ts")
        #expect(flaws.split(separator: "\n").count <= 8, "\(flaws)")
        #expect(!flaws.contains("order of"))
        #expect(recording.bytes.count > count + 60_000)
    }

    @Test("plays the offline card before, between and after, and changes at key pictures only")
    func offlineCard() async throws {
        let (clip, card) = (try #require(EncoderTests.clip), try #require(EncoderTests.card))
        let address = "rtmp://127.0.0.1:\(EncoderProcess.freePort())/live/key"
        let (ingest, recording) = try open(address, card: card)
        defer { ingest.stop() }
        try await recording.wait { $0.bytes.count > 5_000 }
        let push = "-re -i \(clip) -c copy -f flv \(address)"
        let first = try #require(EncoderProcess(push))
        try await recording.wait { has($0, "started") }
        try await Task.sleep(for: .milliseconds(1_500))
        first.pull()
        try await recording.wait { has($0, "offline") }
        try await Task.sleep(for: .milliseconds(1_500))
        let second = try #require(EncoderProcess(push))
        try await recording.wait { has($0, "online") }
        try await Task.sleep(for: .milliseconds(1_000))
        second.pull()
        ingest.stop()
        #expect(flaws(recording, "card.ts") == "")
        let path = "\(Fixture.folder)/card.ts"
        let sizes = Fixture.output(
            of:
                "ffprobe -v quiet -select_streams v -show_entries frame=width -of csv=p=0 \(path) | uniq"
        )
        let order = sizes.split(whereSeparator: \.isNewline).map { $0.filter(\.isNumber) }
        // A change of size may be named twice.
        let changes = order.enumerated().filter {
            $0.offset == 0 || order[$0.offset - 1] != $0.element
        }
        #expect(changes.map(\.element) == ["160", "320", "160", "320"])
    }

    @Test("ends every wait within a second of the stop", arguments: ["rtmp", "srt", "udp"])
    func stops(_ scheme: String) async throws {
        let port = EncoderProcess.freePort()
        let path = scheme == "rtmp" ? "/live/key" : scheme == "srt" ? "?mode=listener" : ""
        let (ingest, recording) = try open("\(scheme)://127.0.0.1:\(port)\(path)")
        try await Task.sleep(for: .milliseconds(200))
        #expect(elapsed { ingest.stop() } < 1)
        #expect(recording.events.isEmpty)
    }

    @Test("says in one line why an address cannot be reached")
    func unreachable() {
        let port = EncoderProcess.freePort()
        for source in [
            "http://127.0.0.1:\(port)/a.ts", "rtsp://127.0.0.1:\(port)/a",
            "tcp://127.0.0.1:\(port)",
            "rtmp://127.0.0.1:\(port)/a/b?listen=0",
        ] {
            do throws(IngestError) {
                _ = try Ingest.open(IngestOptions(source: source))
                Issue.record("\(source) was opened")
            } catch {
                #expect(error.code == .unreachable, "\(error)")
                #expect(error.message.contains("127.0.0.1:\(port)"))
            }
        }
    }

    @Test(
        "refuses a port that is taken",
        arguments: ["rtmp://127.0.0.1:PORT/live/key", "srt://127.0.0.1:PORT?mode=listener"]
    )
    func portTaken(_ pattern: String) throws {
        let parts = pattern.split(separator: "PORT").map(String.init)
        if pattern.hasPrefix("rtmp") {
            let port = EncoderProcess.freePort()
            let taken = try TcpListener(host: "127.0.0.1", port: port, name: "x")
            #expect(throws: IngestError.self) {
                _ = try Ingest.open(IngestOptions(source: "\(parts[0])\(port)\(parts[1])"))
            }
            withExtendedLifetime(taken) {}
        } else {
            let (_, port) = try #require(DatagramSender.make())
            let taken = try UdpSocket(host: "127.0.0.1", port: port)
            #expect(throws: IngestError.self) {
                _ = try Ingest.open(IngestOptions(source: "\(parts[0])\(port)\(parts[1])"))
            }
            withExtendedLifetime(taken) {}
        }
    }
}
