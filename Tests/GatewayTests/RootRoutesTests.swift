import Basics
import Telemetry
import Testing

@testable import Gateway

@Suite("A node with several channels", .serialized, .timeLimit(.minutes(2)))
struct RootRoutesTests {
    /// A channel with a name of its own.
    private func channel(_ folder: String, _ name: String, _ id: String) -> GatewayChannel {
        var snapshot = SwarmSnapshot()
        snapshot.name = name
        snapshot.channel = id
        snapshot.live = true
        snapshot.uptimeS = 60
        snapshot.madeAt = WallClock.now
        let made = snapshot
        return GatewayChannel(folder: folder, history: LiveHistory(), snapshot: { made })
    }

    private func withNode(
        _ channels: [GatewayChannel],
        _ body: (Int) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration(channels: channels)
        configuration.port = 0
        let gateway = try await Gateway.start(configuration)
        do { try await body(gateway.port) } catch {
            await gateway.stop()
            throw error
        }
        await gateway.stop()
    }

    @Test("serves each channel in its own folder, and nothing of them outside")
    func folders() async throws {
        let channels = [channel("one", "First", "aa"), channel("two", "Second", "bb")]
        channels[0].history.feed(0..<3)
        channels[1].history.feed(10..<12)
        for channel in channels { channel.history.finish() }
        try await withNode(channels) { port in
            let first = try await exchange(port, ask(port, "GET /one/live.ts"))
            #expect(first.body == (0..<3).flatMap { chunk($0).bytes.array })
            let second = try await exchange(port, ask(port, "GET /two/live.ts?burst=5"))
            #expect(second.body == (10..<12).flatMap { chunk($0).bytes.array })
            let status = try await exchange(port, ask(port, "GET /two/status.json"))
            #expect(try SnapshotJSON.decode(status.body).name == "Second")
            for path in ["/live.ts", "/status.json", "/one", "/three/live.ts", "/one/two/live.ts"] {
                let response = try await exchange(port, ask(port, "GET \(path)"))
                #expect(response.status == 404, "\(path)")
            }
            let index = try await exchange(port, ask(port, "GET /"))
            #expect(index.text.contains("http://127.0.0.1:\(port)/two/"))
        }
    }

    @Test("lists its channels for television apps, names made harmless")
    func lists() async throws {
        var first = channel("one", "News, \"local\" & <more>", "aa")
        first.poster = { nil }
        try await withNode([first, channel("two", "Second\u{1B}[2J\nline", "bb")]) { port in
            let list = try await exchange(port, ask(port, "GET /list.m3u"))
            #expect(list.field("Content-Type") == "audio/x-mpegurl")
            let base = "http://127.0.0.1:\(port)/"
            let tags = "url-tvg=\"\(base)guide.xml\" x-tvg-url=\"\(base)guide.xml\""
            #expect(
                list.text == """
                    #EXTM3U \(tags)
                    #EXTINF:-1 tvg-id="aa" tvg-name="News, 'local' & <more>" \
                    tvg-logo="\(base)one/poster.jpg",News, 'local' & <more>
                    \(base)one/live.ts
                    #EXTINF:-1 tvg-id="bb" tvg-name="Second[2Jline",Second[2Jline
                    \(base)two/live.ts

                    """
            )
            let guide = try await exchange(port, ask(port, "GET /guide.xml")).text
            #expect(guide.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
            #expect(guide.contains("<display-name>News, &quot;local&quot; &amp; &lt;more&gt;</"))
            #expect(guide.contains("<channel id=\"bb\">"))
            #expect(guide.contains("<icon src=\"\(base)one/poster.jpg\"/>"))
            #expect(guide.components(of: "<programme start=\"") == 2)
            #expect(!guide.contains("\u{1B}"))
        }
    }

    @Test("writes the instants of the guide as XMLTV does")
    func stamps() {
        #expect(WallClock.stamp(0) == "19700101000000 +0000")
        #expect(WallClock.stamp(1_769_903_999) == "20260131235959 +0000")
        #expect(WallClock.stamp(-5) == "19700101000000 +0000")
        #expect(WallClock.stamp(.infinity).hasSuffix("+0000"))
    }

    @Test("says whether it is well, and that a source is away is no illness")
    func health() async throws {
        var sick = SwarmSnapshot()
        sick.name = "Stuck"
        sick.madeAt = WallClock.now - 60
        let away = sick
        try await withNode([channel("a", "Well", "aa")]) { port in
            let response = try await exchange(port, ask(port, "GET /healthz"))
            #expect(response.status == 200)
            #expect(response.text == "ok\nWell: live\n")
        }
        let stuck = GatewayChannel(folder: "b", history: LiveHistory(), snapshot: { away })
        try await withNode([channel("a", "Well", "aa"), stuck]) { port in
            let response = try await exchange(port, ask(port, "GET /healthz"))
            #expect(response.status == 503)
            #expect(response.field("Retry-After") == "10")
            #expect(response.text.hasPrefix("not well\nWell: live\nStuck: stuck"))
        }
        sick.madeAt = WallClock.now
        let waiting = sick
        let idle = GatewayChannel(history: LiveHistory(), snapshot: { waiting })
        let text = String(decoding: Health.reply([idle]).body, as: UTF8.self)
        #expect(text == "ok\nStuck: waiting for the source\n")
    }

    @Test("shows a picture when there is one, and says so when there is none")
    func posters() async throws {
        var ready = channel("a", "Ready", "aa")
        ready.poster = { [0xFF, 0xD8, 0xFF, 0xD9] }
        var early = channel("b", "Early", "bb")
        early.poster = { nil }
        try await withNode([ready, early, channel("c", "Never", "cc")]) { port in
            let picture = try await exchange(port, ask(port, "GET /a/poster.jpg"))
            #expect(picture.field("Content-Type") == "image/jpeg")
            #expect(picture.body == [0xFF, 0xD8, 0xFF, 0xD9])
            let none = try await exchange(port, ask(port, "GET /b/poster.jpg"))
            #expect(none.status == 503)
            #expect(none.field("Retry-After") == "2")
            #expect(try await exchange(port, ask(port, "GET /c/poster.jpg")).status == 404)
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { split(separator: text).count - 1 }
}
