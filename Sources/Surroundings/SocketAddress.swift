import Basics
import Glibc

/// Endpoints as the kernel's socket addresses.
enum SocketAddress {
    /// Calls the body with the address of an endpoint, of its own family.
    static func with<Result>(
        _ endpoint: Endpoint,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        if let ipv4 = endpoint.ipv4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = endpoint.port.bigEndian
            address.sin_addr.s_addr = ipv4.bigEndian
            return pass(&address, body)
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = endpoint.port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
            bytes.storeBytes(of: endpoint.high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: endpoint.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return pass(&address, body)
    }

    private static func pass<Address, Result>(
        _ address: inout Address,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    /// The endpoint of an address of IPv4 or IPv6; nil for other families.
    static func endpoint(_ address: UnsafeRawPointer) -> Endpoint? {
        let family = address.loadUnaligned(as: sa_family_t.self)
        let port = UInt16(bigEndian: address.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        switch Int32(family) {
        case AF_INET:
            let bits = address.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            return Endpoint(ipv4: UInt32(bigEndian: bits), port: port)
        case AF_INET6:
            let high = address.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            let low = address.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            return Endpoint(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: port)
        default: return nil
        }
    }

    /// Calls a system function that fills in an address.
    static func filled(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int
    ) -> (result: Int, endpoint: Endpoint?) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let result = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, &length)
            }
            return (result, result < 0 ? nil : endpoint(UnsafeRawPointer(pointer)))
        }
    }
}
