import Foundation
import Glibc
import Synchronization

/// A Chromium without a window, driven through its debugging pipe.
///
/// Calls block the calling thread, for `patience` at most.
final class Browser: Sendable {
    /// What the browser refused, or that it did not answer.
    struct Failure: Error {
        let text: String
    }

    /// Where Chromium is; nil where it is not installed.
    static let path: String? = [
        "/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ].first { access($0, X_OK) == 0 }

    /// Generous: a browser starts slowly on a machine that is busy.
    private static let patience: TimeInterval = 60

    private struct State {
        var number = 0
        var received = Data()
        /// What the pages complained of.
        var complaints: [String] = []
    }

    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private let profile: String
    private let state = Mutex(State())

    /// Starts a browser with an empty profile.
    init() throws {
        guard let path = Browser.path else { throw Failure(text: "no Chromium") }
        profile = "/tmp/page-tests-\(UUID().uuidString)"
        let (commandRead, commandWrite) = try Browser.makePipe()
        let (answerRead, answerWrite) = try Browser.makePipe()
        defer { for end in [commandRead, answerWrite] { close(end) } }
        (input, output) = (commandWrite, answerRead)
        let arguments = [
            path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--mute-audio", "--remote-debugging-pipe",
            "--user-data-dir=\(profile)",
            "about:blank",
        ]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, commandRead, 3)
        posix_spawn_file_actions_adddup2(&actions, answerWrite, 4)
        for stream: Int32 in [1, 2] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
        }
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let code = posix_spawn(&process, path, &actions, nil, &words, environ)
        guard code == 0 else { throw Failure(text: String(cString: strerror(code))) }
        self.process = process
    }

    deinit {
        close(input)
        close(output)
        Profile.remove(profile, of: process)
    }

    /// What the pages complained of since the last call: exceptions, refused loads, policy breaches.
    func takeComplaints() -> [String] {
        state.withLock { state in
            defer { state.complaints = [] }
            return state.complaints
        }
    }

    /// Sends a command and waits for its result.
    func command(
        _ method: String,
        _ parameters: [String: Any] = [:],
        session: String? = nil
    ) throws -> [String: Any] {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        var message: [String: Any] = ["id": number, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        var bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
        while !bytes.isEmpty {
            let count = write(input, bytes, bytes.count)
            guard count > 0 else { throw Failure(text: "the browser has gone") }
            bytes.removeFirst(count)
        }
        let deadline = Date() + Browser.patience
        while Date() < deadline {
            guard let answer = try receive(until: deadline) else { continue }
            guard answer["id"] as? Int == number else {
                note(answer)
                continue
            }
            if let error = answer["error"] as? [String: Any] {
                throw Failure(text: "\(method): \(error["message"] ?? error)")
            }
            return answer["result"] as? [String: Any] ?? [:]
        }
        throw Failure(text: "\(method) was not answered")
    }

    // MARK: Private

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(text: "no pipe") }
        // Out of the way of 3 and 4, where the browser looks for its ends.
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 20) }
        for end in ends { close(end) }
        return (moved[0], moved[1])
    }

    private func receive(until deadline: Date) throws -> [String: Any]? {
        while true {
            let whole: Data? = state.withLock { state in
                guard let end = state.received.firstIndex(of: 0) else { return nil }
                let message = Data(state.received[..<end])
                state.received = Data(state.received[(end + 1)...])
                return message
            }
            if let whole { return try JSONSerialization.jsonObject(with: whole) as? [String: Any] }
            var polled = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 1_000) > 0 else {
                if Date() > deadline { return nil }
                continue
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { throw Failure(text: "the browser has gone") }
            state.withLock { $0.received.append(contentsOf: buffer[..<count]) }
        }
    }

    private func note(_ event: [String: Any]) {
        let parameters = event["params"] as? [String: Any] ?? [:]
        switch event["method"] as? String {
        case "Runtime.exceptionThrown":
            let details = parameters["exceptionDetails"] as? [String: Any] ?? [:]
            let exception = details["exception"] as? [String: Any]
            let text = exception?["description"] ?? details["text"] ?? "an exception"
            state.withLock { $0.complaints.append("\(text)") }
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any] ?? [:]
            guard entry["level"] as? String == "error" else { return }
            let text = "\(entry["text"] ?? "") \(entry["url"] ?? "")"
            state.withLock { $0.complaints.append(text) }
        default: return
        }
    }
}

/// One page of a browser; closed when let go.
final class Tab: Sendable {
    private let browser: Browser
    private let target: String
    private let session: String

    /// Opens an address.
    init(_ browser: Browser, url: String) throws {
        self.browser = browser
        let made = try browser.command("Target.createTarget", ["url": "about:blank"])
        target = made["targetId"] as? String ?? ""
        let attached = try browser.command(
            "Target.attachToTarget",
            ["targetId": target, "flatten": true]
        )
        session = attached["sessionId"] as? String ?? ""
        for domain in ["Runtime", "Log", "Page"] { try command("\(domain).enable") }
        try command("Page.navigate", ["url": url])
    }

    deinit { _ = try? browser.command("Target.closeTarget", ["targetId": target]) }

    /// Sends a command to this page.
    @discardableResult
    func command(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
        try browser.command(method, parameters, session: session)
    }

    /// The value of an expression; a promise is waited for.
    func value(_ expression: String) throws -> Any? {
        let result = try command(
            "Runtime.evaluate",
            ["expression": expression, "awaitPromise": true, "returnByValue": true]
        )
        if let details = result["exceptionDetails"] {
            throw Browser.Failure(text: "\(expression): \(details)")
        }
        return (result["result"] as? [String: Any])?["value"]
    }

    /// The number that an expression gives; NaN for anything else.
    func number(_ expression: String) throws -> Double {
        (try value(expression) as? NSNumber)?.doubleValue ?? .nan
    }

    /// The text that an expression gives; empty for anything else.
    func text(_ expression: String) throws -> String { try value(expression) as? String ?? "" }

    /// Waits until an expression is true; false when it is not within a minute.
    func becomes(_ expression: String) throws -> Bool {
        let deadline = Date() + 60
        while Date() < deadline {
            if (try? value("!!(\(expression))")) as? Bool == true { return true }
            usleep(50_000)
        }
        return false
    }

    /// Presses a key.
    func press(_ key: String) throws {
        for type in ["keyDown", "keyUp"] {
            try command("Input.dispatchKeyEvent", ["type": type, "key": key])
        }
    }

    /// Shows the page as a window or a phone of a width would.
    func resize(width: Int, height: Int) throws {
        try command(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600]
        )
    }

    /// Chooses between `light` and `dark`.
    func prefer(_ scheme: String) throws {
        try command(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": scheme]]]
        )
    }

    /// Saves what is seen as a PNG.
    func screenshot(to path: String) throws {
        let image =
            try command("Page.captureScreenshot", ["format": "png"])["data"] as? String ?? ""
        try Data(base64Encoded: image)?.write(to: URL(fileURLWithPath: path))
    }
}
