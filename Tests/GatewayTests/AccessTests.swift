import Basics
import Telemetry
import Testing

@testable import Gateway

@Suite("AccessToken")
struct AccessTokenTests {
    @Test("takes the token off a path and nothing else")
    func strips() throws {
        let token = try AccessToken("s3cret-T0ken")
        #expect(token.strip("/s3cret-T0ken/live.ts?burst=5") == "/live.ts?burst=5")
        #expect(token.strip("/s3cret-T0ken/") == "/")
        let wrong = [
            "/", "", "/live.ts", "/s3cret-T0ken", "/s3cret-T0kem/live.ts", "/s3cret-T0ke/live.ts",
            "/s3cret-T0kenn/", "//s3cret-T0ken/", "s3cret-T0ken/", "/S3CRET-T0KEN/",
            "/s3cret%2dT0ken/", "/s3cret-T0ken?/", "/x/s3cret-T0ken/",
            "/s3cret-T0kens3cret-T0ken/",
        ]
        for target in wrong { #expect(token.strip(target) == nil, "\(target)") }
    }

    @Test(
        "refuses tokens that keep nobody out or need escapes",
        arguments: [
            "", "short", "1234567", "with space", "with/slash", "per%20cent", "uml\u{E4}ut-x",
            "query?query", "........", String(repeating: "a", count: 129),
        ]
    )
    func bad(text: String) {
        #expect(throws: GatewayError.self) { try AccessToken(text) }
    }

    @Test("makes tokens of 128 bits that differ")
    func random() throws {
        let tokens = (0..<100).map { _ in AccessToken.random() }
        #expect(Set(tokens.map(\.text)).count == 100)
        for token in tokens {
            #expect(token.text.utf8.count == 32)
            #expect(try AccessToken(token.text) == token)
        }
    }
}

@Suite("Audience")
struct AudienceTests {
    private let network = Audience.network(names: ["studio", "studio.local"])

    @Test(
        "a network's users may use any address and the machine's own names",
        arguments: [
            "192.168.1.5:8090", "10.0.0.1:8090", "[fe80::1]:8090", "[2001:db8::5]:8090",
            "studio:8090", "studio.local:8090", "localhost:8090", "127.0.0.1:8090", "[::1]:8090",
        ]
    )
    func accepted(host: String) {
        #expect(network.accepts(host[...], port: 8_090))
    }

    @Test(
        "names that others can point here are refused",
        arguments: [
            "evil.com:8090", "192.168.1.5.evil.com:8090", "192.168.1.5", "192.168.1.5:80",
            "192.168.1.5:08090", "192.168.1:8090", "0xc0a80105:8090", "3232235781:8090",
            "[::ffff:192.168.1.5]:8090", "[fe80::1%25eth0]:8090", "user@192.168.1.5:8090",
            "192.168.1.5.:8090", "studio.:8090", "studio.local.evil.com:8090", ":8090", "",
            "fe80::1:8090", "[192.168.1.5]:8090", "[]:8090", "[::1:8090",
        ]
    )
    func refused(host: String) {
        #expect(!network.accepts(host[...], port: 8_090))
    }

    @Test("the machine's own names are known")
    func ownName() {
        guard case .network(let names) = Audience.ownNetwork else {
            Issue.record("not a network")
            return
        }
        #expect(names.count == 2)
        #expect(names.last?.hasSuffix(".local") == true)
    }
}

@Suite("Access to the gateway", .serialized, .timeLimit(.minutes(2)))
struct AccessTests {
    /// A gateway that serves all addresses of this machine with a token.
    private func withOpenGateway(
        limits: GatewayLimits = GatewayLimits(),
        _ body: (Gateway, LiveHistory) async throws -> Void
    ) async throws {
        let history = LiveHistory()
        var configuration = GatewayConfiguration(history: history) { sampleSnapshot() }
        configuration.host = "0.0.0.0"
        configuration.port = 0
        configuration.token = try AccessToken("s3cret-T0ken")
        configuration.limits = limits
        let gateway = try await Gateway.start(configuration)
        do { try await body(gateway, history) } catch {
            await gateway.stop()
            throw error
        }
        await gateway.stop()
    }

    @Test("without a token nothing is there, whoever asks")
    func token() async throws {
        try await withOpenGateway { gateway, history in
            let port = gateway.port
            history.feed(0..<30)
            history.finish()
            #expect(gateway.url.hasSuffix(":\(port)/s3cret-T0ken/"))
            #expect(gateway.localURL == "http://127.0.0.1:\(port)/s3cret-T0ken/")
            for path in ["status.json", "metrics", "healthz", "list.m3u", "guide.xml", "live.ts"] {
                let open = try await exchange(port, ask(port, "GET /\(path)"))
                #expect(open.status == 404, "\(path)")
                #expect(open.text == "There is nothing here.\n")
                let allowed = try await exchange(port, ask(port, "GET /s3cret-T0ken/\(path)"))
                #expect(allowed.status == 200, "\(path)")
            }
            let near = try await exchange(port, ask(port, "GET /s3cret-T0kem/live.ts"))
            #expect(near.status == 404)
            let index = try await exchange(port, ask(port, "GET /s3cret-T0ken/"))
            #expect(index.status == 200)
            let list = try await exchange(port, ask(port, "GET /s3cret-T0ken/list.m3u"))
            #expect(list.text.contains("http://127.0.0.1:\(port)/s3cret-T0ken/live.ts\n"))
        }
    }

    @Test("serves the network's names and no others")
    func hosts() async throws {
        try await withOpenGateway { gateway, _ in
            let port = gateway.port
            for (host, status) in [
                ("192.168.1.5:\(port)", 200), ("evil.com:\(port)", 403), ("192.168.1.5", 403),
            ] {
                let text =
                    "GET /s3cret-T0ken/status.json HTTP/1.1\r\nHost: \(host)\r\n"
                    + "Connection: close\r\n\r\n"
                let response = try await exchange(port, text)
                #expect(response.status == status, "\(host)")
            }
        }
    }

    @Test("refuses to serve others without a token, in one line that says what to do")
    func refused() async throws {
        for host in ["0.0.0.0", "::", "192.0.2.1", "[::]"] {
            var configuration = GatewayConfiguration(history: LiveHistory()) { SwarmSnapshot() }
            configuration.host = host
            let error = await #expect(throws: GatewayError.self) {
                try await Gateway.start(configuration)
            }
            #expect(error?.code == .badAddress)
            #expect(error?.message.contains("--token") == true)
            #expect(error?.message.contains("\n") == false)
        }
    }

    @Test("connections that ask nothing take the room of those that wait longest")
    func silentConnections() async throws {
        var limits = GatewayLimits()
        limits.waiting = 4
        try await withOpenGateway(limits: limits) { gateway, history in
            let port = gateway.port
            let player = try await blocking { try RawClient(port: port) }
            player.send(ask(port, "GET /s3cret-T0ken/live.ts"))
            try await eventually("the player is attached") { history.readerCount == 1 }
            let silent = try await blocking { try (0..<40).map { _ in try RawClient(port: port) } }
            let answer = try await exchange(port, ask(port, "GET /s3cret-T0ken/status.json"))
            #expect(answer.status == 200)
            // The oldest are closed without a word, and the player is not among them.
            #expect(try await blocking { silent[0].receive() } == [])
            let metrics = try await exchange(port, ask(port, "GET /s3cret-T0ken/metrics")).text
            let line = metrics.split(separator: "\n").first {
                $0.hasPrefix("candela_http_connections ")
            }
            let count = line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? .max
            #expect(count <= 6)
            #expect(history.readerCount == 1)
            withExtendedLifetime((player, silent)) {}
        }
    }

    @Test("a link on another site may be followed, but nothing fetched or framed from there")
    func links() throws {
        func isAccepted(_ mode: String, _ target: String) -> Bool {
            let head = request(
                "GET / HTTP/1.1",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Mode: \(mode)",
                "Sec-Fetch-Dest: \(target)"
            )
            return (try? RequestRules(port: 8_090).check(head.utf8)) != nil
        }
        #expect(isAccepted("navigate", "document"))
        #expect(!isAccepted("navigate", "iframe"))
        #expect(!isAccepted("no-cors", "image"))
        #expect(!isAccepted("cors", "empty"))
        #expect(!isAccepted("no-cors", "video"))
    }

    @Test("ranges of a stream without end are not served, and no request makes many parts")
    func ranges() async throws {
        try await withOpenGateway { gateway, history in
            let port = gateway.port
            history.feed(0..<3)
            history.finish()
            let many = (0..<1_000).map { "\($0)-\($0)" }.joined(separator: ",")
            for range in ["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=0-18446744073709551616"]
                + ["bytes=" + many]
            {
                let text = ask(port, "GET /s3cret-T0ken/live.ts", "Range: \(range)")
                let response = try await exchange(port, text)
                #expect(response.status == 200)
                #expect(response.field("Content-Range") == nil)
                #expect(response.field("Content-Type") == "video/mp2t")
            }
        }
    }
}
