public import Basics
import Glibc

/// The addresses of this machine that others may reach; the ports are 0.
public struct OwnAddresses: Sendable, Equatable {
    /// Of IPv4, without loopback.
    public var ipv4: [Endpoint] = []
    /// Of IPv6, without loopback and link-local.
    public var ipv6: [Endpoint] = []

    /// Both.
    public var all: [Endpoint] { ipv4 + ipv6 }
    /// Those of IPv6 that mean something everywhere.
    public var globalIPv6: [Endpoint] { ipv6.filter { !$0.isPrivate } }

    /// More addresses than this are not looked at.
    private static let countMax = 64

    /// Knows none.
    public init() {}

    /// The addresses of the interfaces that are up.
    public static var present: OwnAddresses {
        var own = OwnAddresses()
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return own }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next?.pointee, own.all.count < countMax {
            next = entry.ifa_next
            guard entry.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.ifa_addr,
                let endpoint = SocketAddress.endpoint(UnsafeRawPointer(address))
            else { continue }
            let isLinkLocal = endpoint.high >> 54 == 0xFE80 >> 6
            guard !endpoint.isLoopback, !isLinkLocal else { continue }
            let plain = endpoint.with(port: 0)
            if plain.ipv4 != nil { own.ipv4.append(plain) } else { own.ipv6.append(plain) }
        }
        return own
    }
}
