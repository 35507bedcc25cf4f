import Foundation
import Glibc

/// A Firefox without a window, driven through Marionette, its remote control.
///
/// Calls block the calling thread. Messages are JSON arrays behind their length and a colon.
final class Firefox: Sendable {
    /// What the browser refused, or that it did not answer.
    struct Failure: Error {
        let text: String
    }

    /// Where Firefox is; nil where it is not installed.
    static let path: String? = ["/usr/bin/firefox-esr", "/usr/bin/firefox"]
        .first { access($0, X_OK) == 0 }

    private let process: pid_t
    private let handle: Int32
    private let profile: String

    /// Starts a browser with an empty profile, and a session in it.
    init() throws {
        guard let path = Firefox.path else { throw Failure(text: "no Firefox") }
        profile = "/tmp/page-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: profile,
            withIntermediateDirectories: true
        )
        let port = try Firefox.freePort()
        let settings = """
            user_pref("marionette.port", \(port));
            user_pref("media.autoplay.default", 0);
            user_pref("datareporting.policy.dataSubmissionEnabled", false);
            user_pref("app.update.enabled", false);
            """
        try settings.write(toFile: profile + "/user.js", atomically: true, encoding: .utf8)
        process = try Firefox.start(path, profile)
        handle = try Firefox.connect(port)
        _ = try message()
        try command("WebDriver:NewSession", ["capabilities": [String: Any]()])
    }

    deinit {
        close(handle)
        Profile.remove(profile, of: process)
    }

    /// Opens an address.
    func open(_ url: String) throws { try command("WebDriver:Navigate", ["url": url]) }

    /// The value of an expression.
    func value(_ expression: String) throws -> Any? {
        let script: [String: Any] = ["script": "return \(expression)", "args": [Int]()]
        return try command("WebDriver:ExecuteScript", script)["value"]
    }

    /// The number that an expression gives; NaN for anything else.
    func number(_ expression: String) throws -> Double {
        (try value(expression) as? NSNumber)?.doubleValue ?? .nan
    }

    /// Waits until an expression is true; false when it is not within a minute.
    func becomes(_ expression: String) throws -> Bool {
        let deadline = Date() + 60
        while Date() < deadline {
            if (try? value("!!(\(expression))")) as? Bool == true { return true }
            usleep(50_000)
        }
        return false
    }

    // MARK: Private

    @discardableResult
    private func command(_ name: String, _ parameters: [String: Any]) throws -> [String: Any] {
        let body = try JSONSerialization.data(withJSONObject: [0, 1, name, parameters])
        var bytes = Array("\(body.count):".utf8) + [UInt8](body)
        while !bytes.isEmpty {
            let count = write(handle, bytes, bytes.count)
            guard count > 0 else { throw Failure(text: "the browser has gone") }
            bytes.removeFirst(count)
        }
        let answer = try message() as? [Any] ?? []
        guard answer.count == 4 else { throw Failure(text: "\(name): no answer") }
        if let error = answer[2] as? [String: Any] {
            throw Failure(text: "\(name): \(error["message"] ?? error)")
        }
        return answer[3] as? [String: Any] ?? [:]
    }

    private func message() throws -> Any {
        var length = 0
        while let digit = try receive(1).first, digit != UInt8(ascii: ":") {
            guard (0x30...0x39).contains(digit), length < 1 << 24 else {
                throw Failure(text: "no length")
            }
            length = length * 10 + Int(digit - 0x30)
        }
        return try JSONSerialization.jsonObject(with: Data(try receive(length)))
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < count {
            var polled = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 60_000) > 0 else { throw Failure(text: "no answer") }
            let got = read(handle, &buffer, min(buffer.count, count - bytes.count))
            guard got > 0 else { throw Failure(text: "the browser has gone") }
            bytes += buffer[..<got]
        }
        return bytes
    }

    private static func start(_ path: String, _ profile: String) throws -> pid_t {
        let words = [path, "--headless", "--marionette", "--no-remote", "--profile", profile]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream: Int32 in [1, 2] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
        }
        var arguments = words.map { strdup($0) } + [nil]
        let settings = ["HOME=\(profile)", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
        var environment = settings.map { strdup($0) } + [nil]
        defer { for word in arguments + environment { free(word) } }
        var process = pid_t()
        let code = posix_spawn(&process, path, &actions, nil, &arguments, &environment)
        guard code == 0 else { throw Failure(text: String(cString: strerror(code))) }
        return process
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func withName<R>(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> R
    ) -> R {
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &size) }
        }
    }

    private static func freePort() throws -> UInt16 {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(handle) }
        var name = address(0)
        let isBound = withName(&name) { pointer, size in
            bind(handle, pointer, size) == 0 && getsockname(handle, pointer, &size) == 0
        }
        guard isBound else { throw Failure(text: "no port") }
        return UInt16(bigEndian: name.sin_port)
    }

    private static func connect(_ port: UInt16) throws -> Int32 {
        for _ in 0..<600 {
            let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = address(port)
            if withName(&name, { Glibc.connect(handle, $0, $1) }) == 0 { return handle }
            close(handle)
            usleep(100_000)
        }
        throw Failure(text: "Firefox does not start")
    }
}
