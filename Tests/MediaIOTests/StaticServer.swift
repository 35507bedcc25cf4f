import Glibc

@testable import MediaIO

/// A web server of this machine that knows a few paths.
final class StaticServer: Sendable {
    /// Its port.
    let port: UInt16
    private let signal: StopSignal
    private let thread: WorkerThread

    /// Serves these contents by path; nil when it cannot.
    init?(_ contents: @escaping @Sendable (UInt16) -> [String: [UInt8]]) {
        guard let signal = StopSignal(), let (port, listener) = StaticServer.listen() else {
            return nil
        }
        let files = contents(port)
        let thread = WorkerThread {
            while signal.wait(for: listener.descriptor, until: nil) == .readable {
                guard let (descriptor, _) = listener.accept() else { continue }
                StaticServer.answer(descriptor, files)
            }
        }
        guard let thread else { return nil }
        (self.port, self.signal, self.thread) = (port, signal, thread)
    }

    /// A port that was free may be somebody else's a moment later.
    private static func listen() -> (UInt16, TcpListener)? {
        for _ in 0..<8 {
            let port = EncoderProcess.freePort()
            if let listener = try? TcpListener(host: "127.0.0.1", port: port, name: "test") {
                return (port, listener)
            }
        }
        return nil
    }

    deinit {
        signal.raise()
        thread.join()
    }

    private static func answer(_ descriptor: Int32, _ files: [String: [UInt8]]) {
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFL, 0)
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return }
        let request = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
        let content = request.count > 1 ? files[String(request[1])] : nil
        let status = content == nil ? "404 Not Found" : "200 OK"
        let head =
            "HTTP/1.1 \(status)\r\nContent-Length: \(content?.count ?? 0)\r\nConnection: close\r\n\r\n"
        Fixture.send((Array(head.utf8) + (content ?? []))[...], to: descriptor)
    }
}
