import Basics
import Glibc

/// Where this machine is.
enum LocalAddress {
    /// The address that goes into a link: the one given, else the one bound, else the first address of
    /// this machine that is not loopback.
    static func announced(_ chosen: Endpoint?, _ local: Endpoint) -> Endpoint {
        if let chosen { return chosen }
        guard local.isUnspecified else { return local }
        return own.first?.with(port: local.port) ?? near(local)
    }

    /// Where the machine itself reaches a port of its own.
    static func near(_ local: Endpoint) -> Endpoint {
        local.isUnspecified ? Endpoint(ipv4: 0x7F00_0001, port: local.port) : local
    }

    /// Our addresses on networks that may lead somewhere, for peers on the same network.
    static func candidates(_ local: Endpoint) -> [Endpoint] {
        guard local.isUnspecified else { return [local] }
        return own.prefix(3).map { $0.with(port: local.port) }
    }

    private static var own: [Endpoint] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var result: [Endpoint] = []
        var next = list
        while let entry = next?.pointee, result.count < 16 {
            next = entry.ifa_next
            let isUp = entry.ifa_flags & UInt32(IFF_UP) != 0
            guard isUp, let address = entry.ifa_addr,
                Int32(address.pointee.sa_family) == AF_INET
            else { continue }
            let bits = UnsafeRawPointer(address).loadUnaligned(
                fromByteOffset: 4,
                as: UInt32.self
            )
            let endpoint = Endpoint(ipv4: UInt32(bigEndian: bits), port: 0)
            if !endpoint.isLoopback { result.append(endpoint) }
        }
        return result
    }
}
