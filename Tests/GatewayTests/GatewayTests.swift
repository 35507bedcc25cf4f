import Basics
import Telemetry
import Testing

@testable import Gateway

/// A gateway on a free port and the history it serves.
private func withGateway(
    limits: GatewayLimits = GatewayLimits(),
    history: LiveHistory = LiveHistory(),
    _ body: (Gateway, LiveHistory) async throws -> Void
) async throws {
    var configuration = GatewayConfiguration(history: history, snapshot: { sampleSnapshot() })
    configuration.port = 0
    configuration.limits = limits
    let gateway = try await Gateway.start(configuration)
    do { try await body(gateway, history) } catch {
        await gateway.stop()
        throw error
    }
    await gateway.stop()
}

/// The bytes of the chunks of some numbers.
private func media(_ numbers: Range<Int>) -> [UInt8] { numbers.flatMap { chunk($0).bytes.array } }

@Suite("Gateway", .serialized, .timeLimit(.minutes(2)))
struct GatewayTests {
    @Test("hands the stream to several players from a key frame to its end")
    func live() async throws {
        try await withGateway { gateway, history in
            history.feed(0..<60)
            let port = gateway.port
            async let early = exchange(port, ask(port, "GET /live.ts"))
            async let other = exchange(port, ask(port, "GET /live.ts?burst=5"))
            try await eventually("two players are attached") { history.readerCount == 2 }
            history.feed(60..<70)
            history.finish()
            let (first, second) = try await (early, other)
            #expect(first.status == 200)
            #expect(first.field("Content-Type") == "video/mp2t")
            #expect(first.field("Cache-Control") == "no-store")
            #expect(first.body == media(30..<70))
            #expect(second.body == media(0..<70))
        }
    }

    @Test("sends the burst at once, before more media comes")
    func burstAtOnce() async throws {
        try await withGateway { gateway, history in
            history.feed(0..<60)
            let port = gateway.port
            let bytes = try await blocking {
                let client = try RawClient(port: port)
                client.send(ask(port, "GET /live.ts?burst=5"))
                return client.receive { $0.count >= media(0..<60).count + 100 }
            }
            #expect(try RawResponse(bytes).body.starts(with: media(0..<50)))
        }
    }

    @Test("answers with the snapshot and with the addresses")
    func pages() async throws {
        try await withGateway { gateway, _ in
            let port = gateway.port
            #expect(gateway.url == "http://127.0.0.1:\(port)/")
            let status = try await exchange(port, ask(port, "GET /status.json"))
            #expect(status.field("Content-Type") == "application/json")
            #expect(try SnapshotJSON.decode(status.body) == sampleSnapshot())
            let index = try await exchange(port, ask(port, "GET /"))
            #expect(index.field("Content-Type") == "text/html; charset=utf-8")
            #expect(index.text.hasPrefix("<!doctype html>"))
        }
    }

    @Test("answers HEAD with the head alone and keeps the connection usable")
    func head() async throws {
        try await withGateway { gateway, _ in
            let port = gateway.port
            let targets = ["/live.ts", "/status.json", "/nothing"]
            let requests = targets.map { "HEAD \($0) HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n" }
            let bytes = try await blocking {
                let client = try RawClient(port: port)
                client.send(requests.joined() + ask(port, "GET /"))
                return client.receive()
            }
            var rest = bytes
            for status in [200, 200, 404] {
                let end = try #require(RawResponse.headEnd(rest))
                #expect(try RawResponse(Array(rest[..<end])).status == status)
                rest = Array(rest[end...])
            }
            #expect(try RawResponse(rest).text.hasPrefix("<!doctype html>"))
        }
    }

    @Test("answers every hostile request with a refusal and nothing for other sites")
    func hostile() async throws {
        try await withGateway { gateway, _ in
            let port = gateway.port
            let long = String(repeating: "a", count: 1 << 20)
            let cases: [(String, Int)] =
                [
                    ("GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n", 403),
                    ("GET / HTTP/1.1\r\n\r\n", 400),
                    ("GET / HTTP/1.1\nHost: 127.0.0.1:\(port)\n\n", 400),
                    ("GET / HTTP/1.0\r\nHost: 127.0.0.1:\(port)\r\n\r\n", 505),
                    (ask(port, "GET /", "Origin: https://evil.com"), 403),
                    (ask(port, "GET /live.ts", "Sec-Fetch-Site: cross-site"), 403),
                    (ask(port, "POST /", "Content-Length: 3") + "a=b", 405),
                    (ask(port, "OPTIONS /live.ts"), 405),
                    (ask(port, "CONNECT 127.0.0.1:22"), 405),
                    (ask(port, "GET http://127.0.0.1:\(port)/"), 400),
                    (ask(port, "GET /", "Content-Length: 0", "Transfer-Encoding: chunked"), 400),
                    (ask(port, "GET /live.ts?burst=x"), 400),
                    ("GET /\(long) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n", 431),
                    (ask(port, "GET /", "X: \(long)"), 431),
                    ("\u{16}\u{3}\u{1}\0", 400),
                ]
                + GatewayTests.forgeries(port)
            for (text, status) in cases {
                let response = try await exchange(port, text)
                #expect(response.status == status, "\(text.prefix(80))")
                #expect(response.field("X-Content-Type-Options") == "nosniff")
                #expect(!response.head.lowercased().contains("access-control"))
                #expect((response.field("Allow") == "GET, HEAD") == (status == 405))
            }
        }
    }

    /// Requests that two readers could understand in two ways, or that come from elsewhere.
    private static func forgeries(_ port: Int) -> [(String, Int)] {
        let own = "Host: 127.0.0.1:\(port)\r\n"
        return [
            ("GET / HTTP/1.1\r\n\(own)\(own)\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: me@127.0.0.1:\(port)\r\n\r\n", 403),
            ("GET / HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:\(port)\r\n\r\n", 403),
            ("GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.com:\(port)\r\n\r\n", 403),
            ("GET / HTTP/1.1\r\nHost : 127.0.0.1:\(port)\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\(own)X: a\r\n b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\(own)X: a\rY: b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\(own)X: \0\r\n\r\n", 400),
            (ask(port, "GET /", "Origin: null"), 403),
            (ask(port, "GET /", "Content-Length: 1", "Content-Length: 2"), 400),
            (ask(port, "GET /", "Content-Length: -1"), 400),
            (ask(port, "GET /", "Content-Length: +5"), 400),
            (ask(port, "GET /", "Transfer-Encoding: chunked"), 400),
            (ask(port, "DELETE /live.ts"), 405),
            (ask(port, "TRACE /"), 405),
            (ask(port, "PUT /poster.jpg", "Content-Length: 0"), 405),
            (ask(port, "GET /", (0..<10_000).map { "X-\($0): y" }.joined(separator: "\r\n")), 431),
            (ask(port, "GET /live.ts?from=-1e9s"), 400),
        ]
    }

    @Test(
        "knows no other path",
        arguments: [
            "/../../etc/passwd", "/%2e%2e%2fetc/passwd", "/%252e", "/..%5c", "/%00", "//host/",
            "/live.ts/", "/LIVE.TS", "/%6cive.ts", "/./live.ts", "/live.ts;x", "/status",
            "/?/../x/",
        ]
    )
    func paths(path: String) async throws {
        try await withGateway { gateway, _ in
            let response = try await exchange(gateway.port, ask(gateway.port, "GET \(path)"))
            #expect(response.status == (path.hasPrefix("/?") ? 200 : 404))
        }
    }

    @Test("answers requests that come together in their order, a refusal last")
    func pipelined() async throws {
        try await withGateway { gateway, _ in
            let port = gateway.port
            let good = "GET /nothing HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n"
            let response = try await exchange(port, good + good + "GET / HTTP/1.1\r\n\r\n" + good)
            let statuses = (response.head + response.text).split(separator: "HTTP/1.1 ").map {
                $0.prefix(3)
            }
            #expect(statuses == ["404", "404", "400"])
        }
    }

    @Test("closes a connection whose request does not come")
    func slowRequest() async throws {
        var limits = GatewayLimits()
        limits.headTime = .milliseconds(200)
        try await withGateway(limits: limits) { gateway, _ in
            let port = gateway.port
            for start in ["", "GET / HTTP/1.1\r\nHo"] {
                let bytes = try await blocking {
                    let client = try RawClient(port: port)
                    client.send(start)
                    return client.receive()
                }
                #expect(bytes == [])
            }
        }
    }

    @Test("turns away one connection too many, and serves again when there is room")
    func connectionLimit() async throws {
        var limits = GatewayLimits()
        limits.connections = 2
        try await withGateway(limits: limits) { gateway, history in
            let port = gateway.port
            try await blocking {
                let held = try (0..<2).map { _ in try RawClient(port: port) }
                for client in held {
                    client.send(ask(port, "GET /live.ts"))
                    _ = client.receivePiece()
                }
                let refused = try RawClient(port: port)
                #expect(try RawResponse(refused.receive()).status == 503)
                withExtendedLifetime(held) {}
            }
            try await eventually("there is room again") {
                try await exchange(port, ask(port, "GET /")).status == 200
            }
        }
    }

    @Test("drops a player that stops reading, and spares the others")
    func stalledPlayer() async throws {
        var limits = GatewayLimits()
        limits.stallTime = .milliseconds(300)
        try await withGateway(limits: limits) { gateway, history in
            let port = gateway.port
            let stalled = try await blocking { try RawClient(port: port) }
            stalled.send(ask(port, "GET /live.ts"))
            async let other = exchange(port, ask(port, "GET /live.ts"))
            try await eventually("both are attached") { history.readerCount == 2 }
            var number = 0
            try await eventually("the stalled one is dropped") {
                history.append(chunk(number, size: 188 * 2_000), at: arrival(number))
                number += 1
                return history.readerCount == 1
            }
            history.finish()
            let size = try await other.body.count
            #expect(size == number * 188 * 2_000)
            #expect(history.heldBytes <= 32 << 20)
            withExtendedLifetime(stalled) {}
        }
    }

    @Test("drops a player that takes nothing when its backlog is full, long before the stall time")
    func fullBacklog() async throws {
        var limits = GatewayLimits()
        limits.backlogTime = .milliseconds(100)
        try await withGateway(limits: limits) { gateway, history in
            let port = gateway.port
            let stalled = try await blocking { try RawClient(port: port) }
            stalled.send(ask(port, "GET /live.ts"))
            async let other = exchange(port, ask(port, "GET /live.ts"))
            try await eventually("both are attached") { history.readerCount == 2 }
            var number = 0
            try await eventually("the stalled one is dropped") {
                history.append(chunk(number, size: 188 * 2_000), at: arrival(number))
                number += 1
                return history.readerCount == 1
            }
            let metrics = try await exchange(port, ask(port, "GET /metrics")).text
            #expect(metrics.contains("candela_http_players_dropped_total 1\n"))
            history.finish()
            #expect(try await other.body.count == number * 188 * 2_000)
            withExtendedLifetime(stalled) {}
        }
    }

    @Test("forgets a player that goes while no media flows")
    func leavingPlayer() async throws {
        try await withGateway { gateway, history in
            let port = gateway.port
            try await blocking {
                let client = try RawClient(port: port)
                client.send(ask(port, "GET /live.ts"))
                _ = client.receivePiece()
            }
            try await eventually("no player is left") { history.readerCount == 0 }
        }
    }

    @Test("takes the next free port, or says that the port is taken")
    func portTaken() async throws {
        try await withGateway { gateway, history in
            var configuration = GatewayConfiguration(
                history: history,
                snapshot: { SwarmSnapshot() }
            )
            configuration.port = gateway.port
            let second = try await Gateway.start(configuration)
            #expect(second.port > gateway.port)
            #expect(try await exchange(second.port, ask(second.port, "GET /")).status == 200)
            await second.stop()
            configuration.portPolicy = .exact
            let error = await #expect(throws: GatewayError.self) {
                try await Gateway.start(configuration)
            }
            #expect(error?.code == .portTaken)
            #expect(error?.message.contains("--http") == true)
        }
    }

    @Test(
        "listens under no name but localhost",
        arguments: ["evil.com", "", "127.0.0.1.evil.com", "127.1", "studio.local"]
    )
    func foreignAddress(host: String) async throws {
        var configuration = GatewayConfiguration(
            history: LiveHistory(),
            snapshot: { SwarmSnapshot() }
        )
        configuration.host = host
        let error = await #expect(throws: GatewayError.self) {
            try await Gateway.start(configuration)
        }
        #expect(error?.code == .badAddress)
    }

    @Test("ends the players' streams when it stops, and frees the port")
    func stops() async throws {
        let history = LiveHistory()
        var configuration = GatewayConfiguration(history: history, snapshot: { SwarmSnapshot() })
        configuration.port = 0
        let gateway = try await Gateway.start(configuration)
        let port = gateway.port
        history.feed(0..<3)
        async let player = exchange(port, ask(port, "GET /live.ts"))
        let silent = try await blocking { try RawClient(port: port) }
        try await eventually("the player is attached") { history.readerCount == 1 }
        await gateway.stop()
        #expect(try await player.body == media(0..<3))
        #expect(history.readerCount == 0)
        configuration.port = port
        configuration.portPolicy = .exact
        let again = try await Gateway.start(configuration)
        #expect(again.port == port)
        await again.stop()
        withExtendedLifetime(silent) {}
    }
}
