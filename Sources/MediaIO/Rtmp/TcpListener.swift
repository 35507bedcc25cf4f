import Glibc

/// A TCP port of this machine that others connect to.
final class TcpListener: Sendable {
    /// How many may knock before they are let in.
    private static let backlog: Int32 = 16

    /// The listening socket, non-blocking.
    let descriptor: Int32

    /// Binds; the name is what messages call the place.
    init(host: String, port: UInt16, name: String) throws(IngestError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0, let address = list?.pointee else {
            let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            throw IngestError(.badSource, "\(name): the host is unknown (\(reason))")
        }
        let kind = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(address.ai_family, kind, 0)
        guard descriptor >= 0 else {
            throw IngestError(.io, "\(name): no socket could be made (\(SystemError.current))")
        }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0,
            listen(descriptor, TcpListener.backlog) == 0
        else { throw UdpSocket.bindFailure(errno, at: name) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Lets the next one in; nil when nobody waits.
    func accept() -> (descriptor: Int32, place: String)? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: 128)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                let accepted = Glibc.accept(descriptor, name, &length)
                guard accepted >= 0 else { return nil }
                _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                let size = socklen_t(text.count)
                guard getnameinfo(name, length, &text, size, nil, 0, NI_NUMERICHOST) == 0 else {
                    return (accepted, "an unknown address")
                }
                let end = text.firstIndex(of: 0) ?? text.count
                let bytes = text[..<end].map { UInt8(bitPattern: $0) }
                return (accepted, String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}
