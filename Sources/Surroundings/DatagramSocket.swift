import Basics
import Glibc

/// A UDP socket for a few questions; it never blocks.
final class DatagramSocket {
    /// Whether datagrams may be cut up on their way.
    enum Fragmentation {
        case allowed
        /// They are sent whole or not at all.
        case forbidden
    }

    /// What came of a datagram.
    enum Outcome: Equatable {
        case sent
        /// Larger than a link on the way, as far as is known.
        case tooLarge
        /// Nobody listens there, or no way leads there.
        case refused
    }

    let handle: Int32
    let isIPv4: Bool

    /// Opens a socket of the family of an endpoint; nil when the system has none.
    init?(like endpoint: Endpoint, _ fragmentation: Fragmentation = .allowed) {
        isIPv4 = endpoint.ipv4 != nil
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        handle = socket(isIPv4 ? AF_INET : AF_INET6, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard handle >= 0 else { return nil }
        if fragmentation == .forbidden {
            set(isIPv4 ? Int32(IPPROTO_IP) : Int32(IPPROTO_IPV6), discover, wholeOnly)
        }
    }

    deinit { if handle >= 0 { close(handle) } }

    /// `IP_MTU_DISCOVER` and `IPV6_MTU_DISCOVER` with the value `IP_PMTUDISC_DO`.
    private var discover: Int32 { isIPv4 ? 10 : 23 }
    private var wholeOnly: Int32 { 2 }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(handle, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Fixes the other end; false when no way leads there.
    func connect(to endpoint: Endpoint) -> Bool {
        SocketAddress.with(endpoint) { Glibc.connect(handle, $0, $1) } == 0
    }

    /// Takes a port; false when somebody else has it.
    func bind(to endpoint: Endpoint) -> Bool {
        SocketAddress.with(endpoint) { Glibc.bind(handle, $0, $1) } == 0
    }

    /// Where the socket is, as far as the system has decided.
    var local: Endpoint? {
        SocketAddress.filled { Int(getsockname(handle, $0, $1)) }.endpoint
    }

    /// The largest IP datagram that fits the way to the other end, as far as the system knows.
    var pathMtu: Int? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        // IP_MTU and IPV6_MTU.
        let (level, option): (Int32, Int32) =
            isIPv4 ? (Int32(IPPROTO_IP), 14) : (Int32(IPPROTO_IPV6), 24)
        guard getsockopt(handle, level, option, &value, &length) == 0, value > 0 else {
            return nil
        }
        return Int(value)
    }

    /// Sends to an endpoint, or with nil to the other end of a connected socket.
    @discardableResult
    func send(_ bytes: [UInt8], to endpoint: Endpoint? = nil) -> Outcome {
        let count = bytes.withUnsafeBytes { buffer in
            guard let endpoint else {
                return Glibc.send(handle, buffer.baseAddress, buffer.count, 0)
            }
            return SocketAddress.with(endpoint) {
                sendto(handle, buffer.baseAddress, buffer.count, 0, $0, $1)
            }
        }
        if count >= 0 { return .sent }
        switch errno {
        case EMSGSIZE: return .tooLarge
        case ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EPERM, EACCES, EINVAL: return .refused
        default: return .sent
        }
    }

    /// What has come, if anything.
    enum Arrival {
        case datagram(Bytes, from: Endpoint)
        case refused
        case nothing
    }

    /// Takes the next datagram that waits.
    func receive() -> Arrival {
        var buffer = [UInt8](repeating: 0, count: 2_048)
        let (count, endpoint) = SocketAddress.filled { address, length in
            recvfrom(handle, &buffer, buffer.count, 0, address, length)
        }
        guard count >= 0 else { return errno == ECONNREFUSED ? .refused : .nothing }
        guard let endpoint else { return .nothing }
        return .datagram(Bytes(Array(buffer[..<count])), from: endpoint)
    }

    /// Waits until one of the handles has something to read, at most for a span.
    static func wait(for handles: [Int32], atMost span: TimeSpan) {
        var polls = handles.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = max(0, min(60_000, (span.nanoseconds + 999_999) / 1_000_000))
        _ = poll(&polls, nfds_t(polls.count), Int32(milliseconds))
    }
}
