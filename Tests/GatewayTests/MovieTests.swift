import Basics
import Synchronization
import Telemetry
import Testing

@testable import Gateway

/// A maker whose output the test writes itself.
private final class Script: Sendable {
    private let sink = Mutex<(@Sendable (MovieOutput) -> Void)?>(nil)
    private let counts = Mutex((starts: 0, stops: 0, bytes: 0))

    var maker: MovieMaker {
        MovieMaker { [self] sink in
            self.sink.withLock { $0 = sink }
            counts.withLock { $0.starts += 1 }
            return MovieRun(
                append: { [self] bytes in
                    counts.withLock { $0.bytes += bytes.count }
                    return true
                },
                stop: { [self] in counts.withLock { $0.stops += 1 } }
            )
        }
    }

    var starts: Int { counts.withLock { $0.starts } }
    var stops: Int { counts.withLock { $0.stops } }
    var bytes: Int { counts.withLock { $0.bytes } }

    /// Writes an output, once somebody has wanted the movie.
    func write(_ output: MovieOutput) { sink.withLock { $0 }?(output) }

    /// Writes the fragments of some numbers: 100 ms each, a key frame every ten.
    func write(_ numbers: Range<Int>) {
        for number in numbers {
            write(
                .part(
                    MoviePart(
                        bytes: [UInt8(truncatingIfNeeded: number)],
                        start: .milliseconds(100 * number),
                        duration: .milliseconds(100),
                        startsKeyFrame: number.isMultiple(of: 10)
                    )
                )
            )
        }
    }
}

private func head(_ byte: UInt8, _ codecs: String = "avc1.42C01E") -> MovieOutput {
    .head(MovieHead(bytes: [byte], codecs: codecs, width: 640, height: 360))
}

private func withMovie(
    _ body: (Int, Script, LiveHistory) async throws -> Void
) async throws {
    let (script, history) = (Script(), LiveHistory())
    var configuration = GatewayConfiguration(history: history, snapshot: { sampleSnapshot() })
    configuration.port = 0
    configuration.channels[0].movieMaker = script.maker
    configuration.channels[0].why = { "\($0.viewers) viewers, all is well." }
    let gateway = try await Gateway.start(configuration)
    do { try await body(gateway.port, script, history) } catch {
        await gateway.stop()
        throw error
    }
    await gateway.stop()
    #expect(script.stops == script.starts)
}

@Suite("The movie", .serialized, .timeLimit(.minutes(2)))
struct MovieTests {
    @Test("starts with the first request, begins at a key frame and ends with the stream")
    func live() async throws {
        try await withMovie { port, script, history in
            history.feed(0..<20)
            #expect(script.starts == 0)
            async let early = exchange(port, ask(port, "GET /live.mp4?burst=1"))
            try await eventually("the maker is fed") { script.bytes > 0 }
            script.write(head(200))
            script.write(0..<35)
            async let late = exchange(port, ask(port, "GET /live.mp4?burst=1"))
            try? await Task.sleep(for: .milliseconds(300))
            script.write(35..<40)
            history.finish()
            let (first, second) = try await (early, late)
            #expect(script.starts == 1)
            #expect(first.status == 200)
            #expect(first.field("Content-Type") == "video/mp4; codecs=\"avc1.42C01E\"")
            #expect(first.body.first == 200)
            #expect(first.body.suffix(5) == [35, 36, 37, 38, 39])
            #expect(second.body.first == 200)
            #expect(Int(second.body[1]).isMultiple(of: 10))
            #expect(second.body.dropFirst() == first.body.suffix(second.body.count - 1))
        }
    }

    @Test("begins in the past for a browser that asks for it, and says how far back")
    func past() async throws {
        try await withMovie { port, script, history in
            history.feed(0..<100)
            let browser = try RawClient(port: port)
            browser.send(ask(port, "GET /live.mp4?from=-5s"))
            try await eventually("the maker is fed") { script.bytes > 0 }
            script.write(head(200))
            script.write(0..<20)
            let begun = try await blocking { browser.receive { $0.contains(19) } }
            let answer = String(decoding: begun, as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            // The newest key frame that is 5 s old is 5.9 s old.
            #expect(answer.contains("Candela-Behind: 5.9\r\n"))
            try await eventually("all from there on is given") { script.bytes == 60 * 188 }
            for wrong in ["from=-5s&burst=2", "from=5s", "from=-0x5s", "from=-99h", "from="] {
                let refused = try await exchange(port, ask(port, "GET /live.mp4?\(wrong)"))
                #expect(refused.status == 400, "\(wrong)")
            }
        }
    }

    @Test("turns away those who watch from the past when there are as many as may be")
    func pastBound() async throws {
        try await withMovie { port, script, history in
            history.feed(0..<100)
            let browsers = try (0..<MovieService.shiftedMax).map { _ in try RawClient(port: port) }
            for browser in browsers { browser.send(ask(port, "GET /live.mp4?from=-5s")) }
            try await eventually("all are served") { script.starts == browsers.count }
            let refused = try await exchange(port, ask(port, "GET /live.mp4?from=-5s"))
            #expect(refused.status == 503)
            #expect(script.starts == browsers.count)
        }
    }

    @Test("puts a new header in, and ends a response whose codecs change")
    func heads() async throws {
        try await withMovie { port, script, history in
            history.feed(0..<20)
            let player = try RawClient(port: port)
            player.send(ask(port, "GET /live.mp4"))
            try await eventually("the maker is fed") { script.bytes > 0 }
            script.write(head(200))
            script.write(0..<2)
            script.write(head(201))
            script.write(10..<12)
            let begun = try await blocking { player.receive { $0.contains(11) } }
            script.write(head(202, "hvc1.1.6.L93.90"))
            script.write(20..<22)
            let rest = try await blocking { player.receive() }
            #expect(try RawResponse(begun + rest).body.suffix(3) == [201, 10, 11])
        }
    }

    @Test("tells what cannot be played, and that nothing plays")
    func refusals() async throws {
        try await withMovie { port, script, history in
            history.feed(0..<20)
            async let player = exchange(port, ask(port, "GET /live.mp4"))
            async let list = exchange(port, ask(port, "GET /live.m3u8"))
            try await eventually("the maker is fed") { script.bytes > 0 }
            script.write(.unplayable("The picture is MPEG-2."))
            #expect(try await player.status == 415)
            #expect(try await player.text == "The picture is MPEG-2.\n")
            #expect(try await list.status == 415)
            history.finish()
        }
        try await withMovie { port, _, history in
            history.finish()
            let response = try await exchange(port, ask(port, "GET /live.mp4"))
            #expect(response.status == 503)
            #expect(response.field("Retry-After") == "1")
        }
        try await withMovie { port, _, _ in
            for query in ["burst=x", "burst=-1", "burst=1&burst=2"] {
                let response = try await exchange(port, ask(port, "GET /live.mp4?\(query)"))
                #expect(response.status == 400)
            }
        }
    }

    @Test("serves HLS: a reload is answered when its part has come, a hinted part as well")
    func reload() async throws {
        try await withMovie { port, script, history in
            history.feed(0..<20)
            async let opening = exchange(port, ask(port, "GET /live.m3u8"))
            try await eventually("the maker is fed") { script.bytes > 0 }
            script.write(head(200))
            script.write(0..<33)
            let first = try await opening
            #expect(first.field("Content-Type") == "application/vnd.apple.mpegurl")
            let early = HlsRules(first.text)
            #expect(early.violations == [])
            let hint = try #require(early.hint)
            let (last, parts) = (
                early.segments.last?.number ?? 0, early.segments.last?.parts.count ?? 0
            )

            let query = "_HLS_msn=\(last)&_HLS_part=\(parts)"
            async let blocked = exchange(port, ask(port, "GET /live.m3u8?\(query)"))
            async let hinted = exchange(port, ask(port, "GET /\(hint)"))
            try? await Task.sleep(for: .milliseconds(100))
            script.write(33..<37)
            let reloaded = HlsRules(try await blocked.text)
            #expect(reloaded.violations(after: early) == [])
            #expect(reloaded.segments.last?.parts.last?.uri == hint)
            #expect(try await hinted.status == 200)
            #expect(try await hinted.field("Content-Type") == "video/mp4")

            for (target, status) in [
                ("live.m3u8?_HLS_msn=99999", 400), ("live.m3u8?_HLS_part=1", 400),
                ("live.m3u8?_HLS_msn=0", 200), ("hls/99999.m4s", 404), ("hls/0.99.m4s", 404),
                ("hls/99.mp4", 404), ("hls/", 404), ("hls/../live.ts", 404), ("hls/00.m4s", 404),
                ("master.m3u8", 200), ("hls/0.mp4", 200),
            ] {
                let response = try await exchange(port, ask(port, "GET /\(target)"))
                #expect(response.status == status, "\(target)")
            }
            let master = try await exchange(port, ask(port, "GET /master.m3u8"))
            #expect(master.text.contains("CODECS=\"avc1.42C01E\",RESOLUTION=640x360\nlive.m3u8\n"))
            let head = try await exchange(port, ask(port, "HEAD /live.m3u8"))
            #expect(head.status == 200 && head.body.isEmpty)
            history.finish()
        }
    }

    @Test("stops some time after the last request, and starts again with new numbers")
    func idle() async throws {
        let (script, history) = (Script(), LiveHistory())
        let service = MovieService(
            history: history,
            maker: script.maker,
            idleTime: .milliseconds(300)
        )
        service.hold()
        try await eventually("it runs") { script.starts == 1 }
        script.write(head(1))
        script.write(0..<5)
        let old = service.movies.look { $0.end }.0
        #expect(old == 5)
        try? await Task.sleep(for: .milliseconds(700))
        #expect(script.stops == 0)
        service.release()
        try await eventually("it has stopped") { script.stops == 1 && !service.isRunning }
        #expect(history.readerCount == 0)
        service.hold()
        try await eventually("it runs again") { script.starts == 2 }
        #expect(service.movies.look { $0.first == 5 && $0.entries.isEmpty }.0)
        service.release()
        await service.stop()
        #expect(script.stops == 2)
        service.hold()
        #expect(!service.isRunning || script.starts == 2)
        service.release()
    }

    @Test("serves the page's files under a policy that allows nothing else")
    func page() async throws {
        try await withMovie { port, script, _ in
            for (path, type) in [
                ("/", "text/html"), ("/page.css", "text/css"), ("/player.js", "text/javascript"),
                ("/board.js", "text/javascript"), ("/map.js", "text/javascript"),
                ("/icon.svg", "image/svg+xml"), ("/page.json", "application/json"),
            ] {
                let response = try await exchange(port, ask(port, "GET \(path)"))
                #expect(response.status == 200, "\(path)")
                #expect(response.field("Content-Type")?.hasPrefix(type) == true, "\(path)")
                #expect(response.field("X-Content-Type-Options") == "nosniff")
                #expect(response.field("Cross-Origin-Resource-Policy") == "same-origin")
                let policy = try #require(response.field("Content-Security-Policy"))
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
                #expect(!policy.contains("unsafe") && !policy.contains("http"))
            }
            let html = try await exchange(port, ask(port, "GET /")).text
            for outside in ["http:", "https:", "//", "style=", "onclick", "<style", "javascript:"] {
                #expect(!html.contains(outside), "\(outside)")
            }
            // Nobody has asked for the movie.
            #expect(script.starts == 0)
        }
    }

    @Test("gives the page the sentence, this viewer and a part of the swarm that is bounded")
    func board() throws {
        var snapshot = SwarmSnapshot()
        snapshot.viewers = 5_000
        snapshot.p2pShare = .nan
        snapshot.peers = (0..<5_000).map { number in
            var row = PeerRow()
            row.id = "\(number)"
            row.role = number == 4_999 ? "source" : "viewer"
            row.parents = ["0": "4999", "1": "\(number / 2)"]
            if number == 3_000 {
                row.path = "self"
                row.nat = NatType.open.description
                row.lagMs = .infinity
            }
            return row
        }
        let made = snapshot
        let board = PageBoard(snapshot: { made }, why: { "\($0.viewers) viewers." })
        let json = String(decoding: board.encoded(movie: nil, trouble: nil), as: UTF8.self)
        #expect(json.utf8.count < 30_000)
        #expect(json.contains("\"why\":\"5000 viewers.\""))
        #expect(json.contains("\"total\":5000"))
        #expect(json.contains("Open: anybody can reach this machine."))
        #expect(json.components(of: "\"role\":") == PageBoard.peerMax)
        #expect(json.components(of: "\"is_own\":true") == 1)
        #expect(json.components(of: "\"role\":\"source\"") == 1)
        #expect(!json.contains("p2p_share") && !json.contains("lag_ms"))
    }
}

extension String {
    /// How often a text occurs in it.
    fileprivate func components(of text: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
