public import Basics
import Glibc

/// Ports of this machine.
public enum LocalPort {
    /// Whether a UDP port is free at an address, which may be the unspecified one.
    public static func isFree(udp endpoint: Endpoint) -> Bool {
        DatagramSocket(like: endpoint)?.bind(to: endpoint) ?? false
    }

    /// Whether a TCP port is free on loopback.
    public static func isFree(tcp port: UInt16) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let handle = socket(AF_INET, kind, 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        var reuse: Int32 = 1
        setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        let loopback = Endpoint(ipv4: 0x7F00_0001, port: port)
        return SocketAddress.with(loopback) { Glibc.bind(handle, $0, $1) } == 0
            && listen(handle, 1) == 0
    }
}

extension LocalPort {
    /// A UDP port that is free at an address at present; nil when there is none.
    public static func free(like endpoint: Endpoint) -> UInt16? {
        guard let socket = DatagramSocket(like: endpoint),
            socket.bind(to: endpoint.with(port: 0))
        else { return nil }
        return socket.local?.port
    }
}
