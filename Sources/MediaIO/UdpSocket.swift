import Glibc

/// A UDP socket that receives an encoder's datagrams.
final class UdpSocket {
    /// Room for two seconds at 16 Mbit/s while this process is paused; the kernel may grant less.
    private static let bufferSize: Int32 = 4 << 20

    /// The socket, non-blocking.
    let descriptor: Int32

    /// Binds to an address of this machine, or joins a multicast group.
    init(host: String, port: UInt16, name: String? = nil) throws(IngestError) {
        let place = name ?? "udp://\(host):\(port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0, let address = list?.pointee, let name = address.ai_addr else {
            let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            throw IngestError(.badSource, "\(place): the host is unknown (\(reason))")
        }
        let kind = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(address.ai_family, kind, 0)
        guard descriptor >= 0 else {
            throw IngestError(.io, "\(place): no socket could be made (\(SystemError.current))")
        }
        let group = MulticastGroup(name)
        if group != nil { set(SOL_SOCKET, SO_REUSEADDR, Int32(1)) }
        set(SOL_SOCKET, SO_RCVBUF, UdpSocket.bufferSize)
        guard bind(descriptor, name, address.ai_addrlen) == 0 else {
            throw UdpSocket.bindFailure(errno, at: place)
        }
        if let group, group.join(descriptor) != 0 {
            throw IngestError(
                .io,
                "\(place): the group could not be joined (\(SystemError.current))"
            )
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Receives one datagram, of at most a buffer's length; nil when none is waiting.
    func receive(into buffer: inout [UInt8]) -> Int? {
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count >= 0 { return count }
            if errno != EINTR { return nil }
        }
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// What to say when an address cannot be bound to.
    static func bindFailure(_ code: Int32, at place: String) -> IngestError {
        switch code {
        case EADDRINUSE:
            IngestError(
                .io,
                "\(place): the port is taken; end the other program or use another port"
            )
        case EADDRNOTAVAIL:
            IngestError(
                .badSource,
                "\(place): not an address of this machine; use 0.0.0.0 as the host"
            )
        default:
            IngestError(.io, "\(place): cannot be listened on (\(SystemError.text(of: code)))")
        }
    }
}

/// A multicast group to receive from.
struct MulticastGroup {
    private enum Address {
        case v4(in_addr)
        case v6(in6_addr)
    }

    private let address: Address

    /// Reads a socket address; nil unless it is a multicast one.
    init?(_ name: UnsafeMutablePointer<sockaddr>) {
        let raw = UnsafeRawPointer(name)
        switch Int32(name.pointee.sa_family) {
        case AF_INET:
            let group = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            guard UInt32(bigEndian: group.s_addr) >> 28 == 0xE else { return nil }
            address = .v4(group)
        case AF_INET6:
            let group = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            let first = withUnsafeBytes(of: group) { $0.first }
            guard first == 0xFF else { return nil }
            address = .v6(group)
        default:
            return nil
        }
    }

    /// Joins the group on the interface that the routing table names; 0 or -1 with errno.
    func join(_ descriptor: Int32) -> Int32 {
        switch address {
        case .v4(let group):
            var request = ip_mreq(imr_multiaddr: group, imr_interface: in_addr(s_addr: 0))
            let size = socklen_t(MemoryLayout<ip_mreq>.size)
            return setsockopt(descriptor, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &request, size)
        case .v6(let group):
            var request = ipv6_mreq(ipv6mr_multiaddr: group, ipv6mr_interface: 0)
            let size = socklen_t(MemoryLayout<ipv6_mreq>.size)
            return setsockopt(
                descriptor,
                Int32(IPPROTO_IPV6),
                IPV6_ADD_MEMBERSHIP,
                &request,
                size
            )
        }
    }
}
