import Basics
import NIOCore
import Testing

@testable import Gateway

/// The bytes of a request with the right Host, and more fields.
func request(_ line: String, _ fields: String...) -> String {
    ([line, "Host: 127.0.0.1:8090"] + fields + ["", ""]).joined(separator: "\r\n")
}

@Suite("RequestRules")
struct RequestRulesTests {
    private func verdict(_ head: String) -> Result<RequestRules.Method, Refusal> {
        Result { () throws(Refusal) in try RequestRules(port: 8090).check(head.utf8) }
    }

    private func status(_ head: String) -> String {
        switch verdict(head) {
        case .success: "accepted"
        case .failure(let refusal): String(refusal.status.prefix(3))
        }
    }

    @Test(
        "accepts the own names as Host",
        arguments: ["127.0.0.1:8090", "localhost:8090", "LocalHost:8090", "[::1]:8090"]
    )
    func ownHosts(host: String) {
        #expect(verdict("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .success(.get))
        #expect(
            verdict("HEAD /live.ts?burst=5 HTTP/1.1\r\nhost:\(host) \r\n\r\n") == .success(.head)
        )
    }

    @Test(
        "refuses any other Host",
        arguments: [
            "evil.com", "evil.com:8090", "127.0.0.1", "127.0.0.1:8091", "127.0.0.1.evil.com:8090",
            "user@127.0.0.1:8090", "127.0.0.1.:8090", "localhost.:8090", "[::ffff:127.0.0.1]:8090",
            "127.1:8090", "2130706433:8090", "0.0.0.0:8090", "127.0.0.1:8090,evil.com", "",
            "127.0.0.1:08090", "[::1]", "127.0.0.1:8090/",
        ]
    )
    func foreignHosts(host: String) {
        #expect(status("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == "403")
    }

    @Test("wants exactly one Host")
    func hostCount() {
        #expect(status("GET / HTTP/1.1\r\nAccept: */*\r\n\r\n") == "400")
        #expect(status(request("GET / HTTP/1.1", "Host: 127.0.0.1:8090")) == "400")
        #expect(status(request("GET / HTTP/1.1", "host: evil.com")) == "400")
    }

    @Test("accepts a Host without port on port 80 alone")
    func defaultPort() throws {
        let head = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        #expect(try RequestRules(port: 80).check(head.utf8) == .get)
        #expect(status(head) == "403")
    }

    @Test(
        "refuses what a browser sends for another site",
        arguments: [
            "Origin: https://evil.com", "Origin: null", "Origin: https://127.0.0.1:8090",
            "Origin: http://127.0.0.1:80900", "Origin: http://127.0.0.1", "Origin:",
            "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "sec-fetch-site: CROSS-SITE",
        ]
    )
    func foreignSites(field: String) {
        #expect(status(request("GET /status.json HTTP/1.1", field)) == "403")
    }

    @Test(
        "accepts what a browser sends for the own page",
        arguments: [
            "Origin: http://127.0.0.1:8090", "Origin: http://localhost:8090",
            "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none", "Range: bytes=0-",
            "Cookie: a=b; c=\"d\"", "X-Text: caf\u{E9}\tau lait", "Content-Length: 0",
        ]
    )
    func ownSite(field: String) {
        #expect(status(request("GET /status.json HTTP/1.1", field)) == "accepted")
    }

    @Test(
        "serves no other method",
        arguments: [
            "POST /", "PUT /live.ts", "DELETE /", "TRACE /", "OPTIONS *", "CONNECT 127.0.0.1:80",
            "PATCH /", "get /", "GETT /", "BREW /",
        ]
    )
    func methods(line: String) {
        #expect(status(request(line + " HTTP/1.1")) == "405")
        #expect(status(request(line + " HTTP/1.1", "Content-Length: 5")) == "405")
        #expect(Refusal.method.response(to: .get).contains("\r\nAllow: GET, HEAD\r\n"))
    }

    @Test(
        "refuses a malformed request line",
        arguments: [
            "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /a b HTTP/1.1",
            "GET\t/ HTTP/1.1", "G(T / HTTP/1.1", "GET  HTTP/1.1", "GET / http/1.1", "GET / FTP/1.1",
            "GET http://127.0.0.1:8090/live.ts HTTP/1.1", "GET live.ts HTTP/1.1", "GET * HTTP/1.1",
            "GET /#x HTTP/1.1", "GET /\u{E9} HTTP/1.1",
        ]
    )
    func requestLines(line: String) {
        #expect(status(request(line)) == "400")
    }

    @Test("speaks HTTP/1.1 alone", arguments: ["1.0", "0.9", "2", "2.0", "1.10", "11"])
    func versions(version: String) {
        #expect(status(request("GET / HTTP/\(version)")) == "505")
    }

    @Test(
        "refuses a malformed header field",
        arguments: [
            "Accept : */*", " folded", "\tfolded", "NoColon", ": no name", "Na me: x",
            "Na\u{E9}: x",
            "Content-Length: -1", "Content-Length: +5", "Content-Length: 1e3", "Content-Length:",
            "Content-Length: 99999999999999999999", "Content-Length: 5",
            "Content-Length: 0\r\nContent-Length: 0", "Transfer-Encoding: chunked",
            "Content-Length: 0\r\nTransfer-Encoding: chunked", "transfer-encoding: identity",
        ]
    )
    func fields(field: String) {
        #expect(status(request("GET / HTTP/1.1", field)) == "400")
    }

    @Test("bounds the number of header fields")
    func fieldCount() {
        func head(_ count: Int) -> String {
            let fields = (1..<count).map { "X-\($0): y" }.joined(separator: "\r\n")
            return request("GET / HTTP/1.1", fields)
        }
        #expect(status(head(64)) == "accepted")
        #expect(status(head(65)) == "431")
    }

    @Test("survives any bytes")
    func fuzz() {
        var random = SeededRandom(seed: 1)
        let seed = Array(request("GET /live.ts HTTP/1.1", "Origin: null").utf8)
        for _ in 0..<2_000 {
            var bytes = seed
            for _ in 0..<4 {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(
                    in: 0...255,
                    using: &random
                )
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            _ = try? RequestRules(port: 8090).check(bytes[..<cut])
        }
    }
}

@Suite("HeadCollector")
struct HeadCollectorTests {
    private func collect(_ text: String, limit: Int = 1_000) throws -> [String] {
        var collector = HeadCollector(limit: limit)
        collector.append(ByteBuffer(string: text))
        var heads: [String] = []
        while let head = try collector.next() { heads.append(String(buffer: head)) }
        return heads
    }

    @Test("cuts a stream of bytes into heads, however they come")
    func cuts() throws {
        let heads = ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /a HTTP/1.1\r\n\r\n"]
        #expect(try collect(heads.joined()) == heads)
        var collector = HeadCollector(limit: 1_000)
        var found: [String] = []
        for byte in heads.joined().utf8 {
            collector.append(ByteBuffer(bytes: [byte]))
            if let head = try collector.next() { found.append(String(buffer: head)) }
        }
        #expect(found == heads)
    }

    @Test("waits for the rest of a head")
    func waits() throws {
        let head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        for length in 0..<head.utf8.count {
            #expect(try collect(String(decoding: head.utf8.prefix(length), as: UTF8.self)).isEmpty)
        }
    }

    @Test(
        "refuses lines that do not end with CR LF, and control characters",
        arguments: [
            "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\rHost: x\r\r", "\r\n", "\n", "\r\rx",
            "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "GET /\0 HTTP/1.1\r\n\r\n", "\u{1B}[2J",
            "GET /\u{7F} HTTP/1.1\r\n\r\n",
        ]
    )
    func strict(text: String) {
        #expect(throws: Refusal.self) { try collect(text) }
    }

    @Test("bounds the size of a head")
    func limit() throws {
        let head = "GET / HTTP/1.1\r\nA: \(String(repeating: "b", count: 50))\r\n\r\n"
        #expect(try collect(head, limit: head.utf8.count) == [head])
        #expect(throws: Refusal.tooLarge) { try collect(head, limit: head.utf8.count - 1) }
    }
}

@Suite("LiveQuery")
struct LiveQueryTests {
    @Test(
        "reads the burst in seconds",
        arguments: [
            ("/live.ts", 2.0), ("/live.ts?burst=0", 0), ("/live.ts?burst=5", 5),
            ("/live.ts?x=1&burst=2.5&y", 2.5), ("/live.ts?burst=60", 60), ("/live.ts?", 2),
        ]
    )
    func valid(target: String, seconds: Double) {
        #expect(LiveQuery.burst(RequestTarget(target)) == .seconds(seconds))
    }

    @Test(
        "refuses nonsense",
        arguments: ["", "-1", "61", "1e9", "nan", "inf", "0x10", "5s", "%35", "1.2.3", "5&burst=6"]
    )
    func invalid(value: String) {
        #expect(LiveQuery.burst(RequestTarget("/live.ts?burst=\(value)")) == nil)
    }
}
