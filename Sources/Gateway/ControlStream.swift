import Basics
import Glibc

/// A blocking Unix stream socket; closed when let go.
struct ControlStream: ~Copyable {
    private let descriptor: Int32

    /// Makes a socket that is not connected.
    init() throws(GatewayError) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ControlSocket.failure("A socket cannot be made") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Bounds how long one system call may wait.
    func limit(to span: TimeSpan) {
        let microseconds = max(1_000, span.nanoseconds / 1_000)
        var time = timeval(
            tv_sec: Int(microseconds / 1_000_000),
            tv_usec: Int(microseconds % 1_000_000)
        )
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }

    /// Connects; false when nobody serves the path.
    func connect(_ path: String) throws(GatewayError) -> Bool {
        let address = try ControlSocket.address(path)
        if withSocketAddress(address, { Glibc.connect(descriptor, $0, $1) }) == 0 { return true }
        guard errno == ECONNREFUSED || errno == ENOENT else {
            throw ControlSocket.failure("\(path) cannot be reached")
        }
        return false
    }

    /// Makes the path, for this user alone, and lets clients connect to it.
    func listen(at path: String) throws(GatewayError) {
        let address = try ControlSocket.address(path)
        guard withSocketAddress(address, { bind(descriptor, $0, $1) }) == 0,
            chmod(path, 0o600) == 0, Glibc.listen(descriptor, Int32(ControlServer.clientMax)) == 0
        else { throw ControlSocket.failure("The control socket \(path) cannot be made") }
    }

    /// Hands the descriptor over; the caller closes it.
    consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    /// The user at the other end.
    var peerUser: UInt32 {
        var credentials = ControlSocket.PeerCredentials()
        var size = socklen_t(MemoryLayout<ControlSocket.PeerCredentials>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
        return credentials.uid
    }

    /// Sends all the bytes.
    func write(_ bytes: [UInt8]) throws(GatewayError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ControlSocket.failure("The request cannot be sent") }
            sent += count
        }
    }

    /// Reads up to a number of bytes; empty at the end.
    func read(_ count: Int) throws(GatewayError) -> [UInt8] {
        while true {
            var received = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                initialized = max(0, received)
            }
            if received < 0, errno == EINTR { continue }
            guard received >= 0 else { throw ControlSocket.failure("The answer cannot be read") }
            return bytes
        }
    }

    private func withSocketAddress(
        _ address: sockaddr_un,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
