import Basics
import Glibc
import Telemetry
import Testing

@testable import Gateway

/// A directory of its own that is removed at the end.
private func withDirectory(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/candela-test-XXXXXX\0".utf8CString.dropLast())
    try #require(mkdtemp(&template) != nil)
    let path = String(
        decoding: template.map(UInt8.init(bitPattern:)).prefix { $0 != 0 },
        as: UTF8.self
    )
    defer {
        for name in ["/run/control", "/control", "/file"] { unlink(path + name) }
        rmdir(path + "/run")
        rmdir(path)
    }
    try await body(path)
}

private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}

/// Sends bytes to a control socket and reads until it closes or has sent a line.
private func converse(_ path: String, _ text: String) async throws -> String {
    try await blocking {
        let stream = try ControlStream()
        stream.limit(to: .seconds(20))
        try #require(try stream.connect(path))
        try stream.write(Array(text.utf8))
        var answer: [UInt8] = []
        while answer.last != 10, case let piece = try stream.read(4_096), !piece.isEmpty {
            answer += piece
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

@Suite("ControlServer", .serialized, .timeLimit(.minutes(1)))
struct ControlServerTests {
    @Test("tells the snapshot, as often as asked, to its owner alone")
    func roundTrip() async throws {
        try await withDirectory { directory in
            let path = directory + "/run/control"
            let picture = ControlPicture(width: 1, height: 2, pixels: [1, 2, 3, 4, 5, 6])
            let server = try await ControlServer.start(
                path: path,
                picture: { picture },
                snapshot: { sampleSnapshot() }
            )
            #expect(mode(path) == 0o600)
            #expect(mode(directory + "/run") == 0o700)
            for _ in 0..<3 {
                let snapshot = try await blocking { try ControlClient.snapshot(path: path) }
                #expect(snapshot == sampleSnapshot())
            }
            #expect(try await blocking { try ControlClient.picture(path: path) } == picture)
            await server.stop()
            #expect(ControlSocket.identity(path) == nil)
            let error = await #expect(throws: GatewayError.self) {
                try await blocking { try ControlClient.snapshot(path: path) }
            }
            #expect(error?.code == .notRunning)
        }
    }

    @Test("answers several requests on one connection in turn")
    func severalRequests() async throws {
        try await withDirectory { directory in
            let path = directory + "/control"
            let server = try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
            let lines = try await blocking {
                let stream = try ControlStream()
                stream.limit(to: .seconds(20))
                try #require(try stream.connect(path))
                try stream.write(Array("snapshot\nsnapshot\n".utf8))
                var answer: [UInt8] = []
                while answer.count(where: { $0 == 10 }) < 2 { answer += try stream.read(4_096) }
                return answer.split(separator: 10).map(Array.init)
            }
            #expect(lines.count == 2)
            for line in lines { #expect(try SnapshotJSON.decode(line) == sampleSnapshot()) }
            await server.stop()
        }
    }

    @Test(
        "closes after a request it does not know or that is too long",
        arguments: [
            ("stop\n", "no such request"), ("\n", "no such request"), ("SNAPSHOT\n", "no such"),
            (String(repeating: "x", count: 300), "too long"),
            (String(repeating: "x", count: 255) + "\n", "no such request"),
            (String(repeating: "x", count: 100_000) + "\n", "too long"),
        ]
    )
    func badRequests(text: String, answer: String) async throws {
        try await withDirectory { directory in
            let path = directory + "/control"
            let server = try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
            #expect(try await converse(path, text).contains(answer))
            await server.stop()
        }
    }

    @Test("bounds the number of clients")
    func clientLimit() async throws {
        try await withDirectory { directory in
            let path = directory + "/control"
            let server = try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
            try await blocking {
                var held: [RawControl] = []
                for _ in 0..<ControlServer.clientMax {
                    held.append(try RawControl(path))
                    #expect(held.last?.answers() == true)
                }
                #expect(try RawControl(path).answers() == false)
                held.removeFirst()
            }
            try await eventually("there is room again") {
                try await blocking { try RawControl(path).answers() }
            }
            await server.stop()
        }
    }

    @Test("replaces the socket of a killed process, but no live one and no other file")
    func staleSocket() async throws {
        try await withDirectory { directory in
            let path = directory + "/control"
            try leaveSocket(path)
            let server = try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
            let error = await #expect(throws: GatewayError.self) {
                try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
            }
            #expect(error?.code == .alreadyRunning)
            #expect(
                try await blocking { try ControlClient.snapshot(path: path) } == sampleSnapshot()
            )
            await server.stop()
            close(open(directory + "/file", O_CREAT | O_WRONLY, 0o600))
            await #expect(throws: GatewayError.self) {
                try await ControlServer.start(
                    path: directory + "/file",
                    snapshot: { sampleSnapshot() }
                )
            }
            #expect(mode(directory + "/file") == 0o600)
        }
    }

    @Test("leaves the socket of a successor alone when it stops")
    func successor() async throws {
        try await withDirectory { directory in
            let path = directory + "/control"
            let server = try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
            unlink(path)
            let other = try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
            await server.stop()
            #expect(
                try await blocking { try ControlClient.snapshot(path: path) } == sampleSnapshot()
            )
            await other.stop()
        }
    }

    @Test("refuses a directory that others may enter, and a link in its place")
    func unsafeDirectory() async throws {
        try await withDirectory { directory in
            chmod(directory, 0o750)
            let error = await #expect(throws: GatewayError.self) {
                try await ControlServer.start(
                    path: directory + "/control",
                    snapshot: { sampleSnapshot() }
                )
            }
            #expect(error?.code == .unsafeDirectory)
            chmod(directory, 0o700)
            symlink("/tmp", directory + "/file")
            let other = await #expect(throws: GatewayError.self) {
                try await ControlServer.start(
                    path: directory + "/file/control",
                    snapshot: { sampleSnapshot() }
                )
            }
            #expect(other?.code == .unsafeDirectory)
        }
    }

    @Test(
        "refuses a path that is no place for a socket",
        arguments: ["control", "", "/tmp/", "/tmp/" + String(repeating: "x", count: 120)]
    )
    func badPath(path: String) async throws {
        let error = await #expect(throws: GatewayError.self) {
            try await ControlServer.start(path: path, snapshot: { sampleSnapshot() })
        }
        #expect(error?.code == .badAddress)
    }

    private func leaveSocket(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = try ControlSocket.address(path)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }
}

/// A connection to a control socket that is kept open.
private final class RawControl {
    private let stream: ControlStream

    init(_ path: String) throws {
        stream = try ControlStream()
        stream.limit(to: .seconds(20))
        try #require(try stream.connect(path))
    }

    /// Whether a request is answered.
    func answers() -> Bool {
        do {
            try stream.write(Array("snapshot\n".utf8))
            return try !stream.read(4_096).isEmpty
        } catch { return false }
    }
}

@Suite("SnapshotJSON")
struct SnapshotJSONTests {
    @Test("writes one line in a stable order and reads it back")
    func roundTrip() throws {
        let json = SnapshotJSON.encode(sampleSnapshot())
        #expect(!json.contains(10))
        #expect(json == SnapshotJSON.encode(sampleSnapshot()))
        #expect(try SnapshotJSON.decode(json) == sampleSnapshot())
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.contains("\"bitrate_bps\":3000000,\"channel\":\"\""))
        #expect(text.contains("\"p2p_share\":null"))
    }

    @Test(
        "writes null for a number that JSON cannot express",
        arguments: [Double.nan, .infinity, -.infinity]
    )
    func notANumber(value: Double) throws {
        var snapshot = sampleSnapshot()
        snapshot.overhead = value
        let text = String(decoding: SnapshotJSON.encode(snapshot), as: UTF8.self)
        #expect(text.contains("\"overhead\":null"))
        snapshot.overhead = nil
        #expect(try SnapshotJSON.decode(Array(text.utf8)) == snapshot)
    }

    @Test("refuses what is no snapshot", arguments: ["", "{", "[]", "{\"error\":\"x\"}", "null"])
    func refuses(text: String) {
        #expect(throws: GatewayError.self) { try SnapshotJSON.decode(Array(text.utf8)) }
    }
}
