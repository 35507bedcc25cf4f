import Basics
import Glibc
import HTTPTypes
import Telemetry
import Testing

@testable import Gateway

/// A node elsewhere, asked as `candela watch HOST:PORT` does.
@Suite(.timeLimit(.minutes(3))) struct RemoteGatewayTests {
    private func start(port: Int = 0) async throws -> Gateway {
        var configuration = GatewayConfiguration(
            history: LiveHistory(),
            snapshot: { sampleSnapshot() }
        )
        configuration.port = port
        configuration.portPolicy = .exact
        return try await Gateway.start(configuration)
    }

    /// On a port that no other test is given while the gateway is away: the system hands out those from
    /// 32768 on.
    private func startBelowEphemeral() async throws -> Gateway {
        let first = 20_000 + Int(getpid()) % 10_000
        for port in first..<first + 50 {
            if let gateway = try? await start(port: port) { return gateway }
        }
        return try await start(port: first)
    }

    /// On the same port, as soon as nobody else has it: other tests may be given it for a moment.
    private func again(port: Int) async throws -> Gateway {
        for _ in 0..<100 {
            if let gateway = try? await start(port: port) { return gateway }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try await start(port: port)
    }

    private func node(_ port: Int, token: String? = nil) throws -> RemoteGateway {
        try #require(RemoteGateway(host: "127.0.0.1", port: port, token: token))
    }

    private func code(of node: RemoteGateway) async -> GatewayError.Code? {
        let error = await #expect(throws: GatewayError.self) {
            try await blocking { try node.snapshot(timeOut: .seconds(40)) }
        }
        return error?.code
    }

    @Test("tells the snapshot of a gateway, and again after the gateway was gone for a while")
    func attaches() async throws {
        let first = try await startBelowEphemeral()
        let node = try node(first.port)
        for _ in 0..<2 {
            #expect(try await blocking { try node.snapshot() } == sampleSnapshot())
        }
        await first.stop()
        let gone = await code(of: node)
        #expect(gone == .notRunning)
        let second = try await again(port: first.port)
        #expect(try await blocking { try node.snapshot() } == sampleSnapshot())
        await second.stop()
    }

    @Test("says when it is refused")
    func refused() async throws {
        let gateway = try await start()
        #expect(await code(of: try node(gateway.port, token: "wrong-token")) == .notPermitted)
        await gateway.stop()
    }

    @Test(
        "takes nothing for a snapshot that is none",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        ]
    )
    func noise(_ answer: String) async throws {
        let server = try Listener()
        let node = try node(server.port)
        async let served: Void = blocking { server.serve(answer) }
        #expect(await code(of: node) == .badReply)
        try await served
    }

    @Test("packs what repeats itself for whom it is good, and unpacks it to the same")
    func packed() throws {
        let text = Array(String(repeating: "{\"peer\":1,\"rtt_ms\":12.5},", count: 200).utf8)
        let packed = try #require(Gzip.packed(text))
        #expect(packed.count < text.count / 4 && packed.starts(with: [0x1F, 0x8B]))
        #expect(Gzip.unpacked(packed, limit: text.count) == text)
        #expect(Gzip.unpacked(packed, limit: text.count - 1) == nil)
        for length in 0..<packed.count {
            #expect(Gzip.unpacked(Array(packed[..<length]), limit: text.count) == nil)
        }
        var damaged = packed
        damaged[packed.count / 2] ^= 0x10
        #expect(Gzip.unpacked(damaged, limit: 1 << 20) != text)
        #expect(Gzip.packed(Array("{}".utf8)) == nil)
        var random: UInt64 = 9
        let noise = (0..<4_000).map { _ in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: random >> 56)
        }
        #expect(Gzip.packed(noise) == nil)
        // A few bytes that claim to be a megabyte of zeros are refused before they take room.
        let zeros = try #require(Gzip.packed([UInt8](repeating: 0, count: 1 << 20)))
        #expect(zeros.count < (1 << 20) / 64 && Gzip.unpacked(zeros, limit: 1 << 21) == nil)
    }

    @Test(
        "packs for those who take it so",
        arguments: [
            ("gzip", true), ("br, GZIP;q=0.5", true), ("gzip;q=0", false), ("gzip; q=0.000", false),
            ("identity", false), ("", false), ("gzip;q=x", false), ("gzipped", false),
        ]
    )
    func accepted(_ value: String, _ isTaken: Bool) {
        var request = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        request.headerFields[.acceptEncoding] = value
        #expect(Gzip.isAccepted(by: request) == isTaken)
    }

    @Test("sends a snapshot packed to who takes it so, and says that it may be either")
    func encoding() async throws {
        let gateway = try await start()
        let port = gateway.port
        let plain = try await exchange(port, ask(port, "GET /status.json"))
        #expect(plain.field("Content-Encoding") == nil && plain.field("Vary") == "Accept-Encoding")
        let taken = ask(port, "GET /status.json", "Accept-Encoding: gzip")
        let packed = try await exchange(port, taken)
        #expect(packed.field("Content-Encoding") == "gzip")
        #expect(Gzip.unpacked(packed.body, limit: 1 << 20) == plain.body)
        #expect(packed.body.count < plain.body.count)
        await gateway.stop()
    }

    @Test("does not wait for one that says nothing")
    func silent() async throws {
        let server = try Listener()
        let node = try node(server.port)
        let error = await #expect(throws: GatewayError.self) {
            try await blocking { try node.snapshot(timeOut: .milliseconds(200)) }
        }
        #expect(error?.code == .notRunning)
    }

    @Test(
        "names no node with a port that is none or a token that cannot stand in a path",
        arguments: [
            ("", 80, nil as String?), ("a", 0, nil), ("a", 65_536, nil), ("a", 80, ""),
            ("a", 80, "a/b"), ("a", 80, "a\r\nb"), ("a", 80, "ä"),
        ]
    )
    func names(_ host: String, _ port: Int, _ token: String?) {
        #expect(RemoteGateway(host: host, port: port, token: token) == nil)
        #expect(RemoteGateway(host: "[::1]", port: 80, token: "a-b_c.d~1")?.host == "::1")
    }

    @Test("passes pictures through the control socket as they are, and none as none")
    func pictures() throws {
        let pixels = (0..<24).map { UInt8($0 * 10) }
        let picture = try #require(ControlPicture(width: 4, height: 2, pixels: pixels))
        let line = ControlPicture.encode(picture)
        #expect(!line.contains(UInt8(ascii: "\n")))
        #expect(try ControlPicture.decode(line) == picture)
        #expect(String(decoding: ControlPicture.encode(nil), as: UTF8.self) == "null")
        #expect(try ControlPicture.decode(Array("null\n".utf8)) == nil)
        #expect(ControlPicture(width: 4, height: 2, pixels: []) == nil)
        #expect(ControlPicture(width: 0, height: 2, pixels: []) == nil)
        for text in ["", "{}", "7", "{\"width\":4,\"height\":2,\"rgb\":\"AAAA\"}"] {
            #expect(throws: GatewayError.self) { try ControlPicture.decode(Array(text.utf8)) }
        }
    }
}

/// A server that answers the first request with any bytes.
private final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 4) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        try #require(isBound)
    }

    deinit { close(descriptor) }

    /// Takes one connection, reads a little, answers, and closes.
    func serve(_ answer: String) {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        _ = recv(client, &buffer, buffer.count, 0)
        let bytes = Array(answer.utf8)
        _ = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        close(client)
    }
}
