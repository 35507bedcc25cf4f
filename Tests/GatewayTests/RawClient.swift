import Basics
import Glibc
import NIOPosix
import Testing

/// A blocking TCP connection to the gateway, to send it bytes that no HTTP library would.
final class RawClient: Sendable {
    private let descriptor: Int32

    /// Connects to a port of this host.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var time = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &time,
            socklen_t(MemoryLayout<timeval>.size)
        )
        try #require(result == 0, "connect: \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// Sends bytes, as many as the server takes.
    func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Closes the sending side.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next bytes; empty at the end, nil when nothing came for 20 s or the connection broke.
    func receivePiece() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer[..<count])
    }

    /// All bytes up to the end of the connection, or until `isEnough` says so.
    func receive(until isEnough: ([UInt8]) -> Bool = { _ in false }) -> [UInt8] {
        var all: [UInt8] = []
        while !isEnough(all), let piece = receivePiece(), !piece.isEmpty { all += piece }
        return all
    }
}

/// What came back from the gateway.
struct RawResponse {
    let head: String
    let body: [UInt8]

    /// Parses one response and removes a chunked coding.
    init(_ bytes: [UInt8]) throws {
        let end = try #require(
            RawResponse.headEnd(bytes),
            "no head: \(String(decoding: bytes, as: UTF8.self))"
        )
        head = String(decoding: bytes[..<end], as: UTF8.self)
        let rest = Array(bytes[end...])
        body =
            head.lowercased().contains("transfer-encoding: chunked") ? Self.unchunked(rest) : rest
    }

    var status: Int { Int(head.dropFirst(9).prefix(3)) ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }

    func field(_ name: String) -> String? {
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.count + 1).drop(while: { $0 == " " })) }
    }

    static func headEnd(_ bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4 else { return nil }
        return (0...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(mark) }.map { $0 + 4 }
    }

    private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let end = rest.firstIndex(of: 13),
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0
        {
            let start = end + 2
            body += rest[min(start, rest.endIndex)..<min(start + size, rest.endIndex)]
            rest = rest[min(start + size + 2, rest.endIndex)...]
        }
        return body
    }
}

/// Sends bytes on a connection of their own and reads all that comes back until it closes.
func exchange(_ port: Int, _ text: String) async throws -> RawResponse {
    try await blocking {
        let client = try RawClient(port: port)
        client.send(text)
        return try RawResponse(client.receive())
    }
}

/// A request with the right Host, which asks the server to close the connection.
func ask(_ port: Int, _ line: String, _ fields: String...) -> String {
    ([line + " HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + fields + ["", ""])
        .joined(separator: "\r\n")
}
