public import Basics
import NIOCore

extension Endpoint {
    /// The endpoint of a socket address; nil for anything but IP.
    ///
    /// Reads the fields at the places where the kernel's `sockaddr_in` and `sockaddr_in6` have them.
    init?(_ address: SocketAddress) {
        guard let port = address.port else { return nil }
        switch address {
        case .v4(let v4):
            let bits = withUnsafeBytes(of: v4.address) {
                $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            }
            self.init(ipv4: UInt32(bigEndian: bits), port: UInt16(truncatingIfNeeded: port))
        case .v6(let v6):
            let halves = withUnsafeBytes(of: v6.address) { bytes in
                (
                    bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                )
            }
            self.init(
                high: UInt64(bigEndian: halves.0),
                low: UInt64(bigEndian: halves.1),
                port: UInt16(truncatingIfNeeded: port)
            )
        case .unixDomainSocket: return nil
        }
    }

    /// The address for a socket of the given family; IPv4 in its mapped form on an IPv6 socket.
    func socketAddress(mapped: Bool) -> SocketAddress? {
        var packed = ByteBuffer()
        if let ipv4, !mapped {
            packed.writeInteger(ipv4)
        } else {
            packed.writeInteger(high)
            packed.writeInteger(low)
        }
        return try? SocketAddress(packedIPAddress: packed, port: Int(port))
    }

    /// Resolves `host:port`; blocks while the name service is asked.
    public static func resolve(_ text: String) throws(TransportError) -> Endpoint {
        if let numeric = Endpoint(parsing: text) { return numeric }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else {
            throw TransportError(.unresolved, "'\(text)' is not HOST:PORT")
        }
        let host = String(text[..<colon])
        guard
            let address = try? SocketAddress.makeAddressResolvingHost(host, port: Int(port)),
            let endpoint = Endpoint(address)
        else {
            throw TransportError(
                .unresolved,
                "the host '\(host)' is not known; check the name or the network"
            )
        }
        return endpoint
    }
}
