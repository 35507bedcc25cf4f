/// An IP address and a UDP port.
///
/// IPv4 addresses are kept in their IPv4-mapped form (`::ffff:a.b.c.d`), so that one type, one
/// order and one wire form serve both families.
public struct Endpoint: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The upper 64 bits of the address.
    public let high: UInt64
    /// The lower 64 bits of the address.
    public let low: UInt64
    /// The UDP port.
    public let port: UInt16

    /// Makes an endpoint from the 128 bits of an IPv6 address.
    public init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// Makes an endpoint from the 32 bits of an IPv4 address.
    public init(ipv4: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4), port: port)
    }

    /// The 32 bits of the IPv4 address, or nil for IPv6.
    public var ipv4: UInt32? {
        high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// The same address with another port.
    public func with(port: UInt16) -> Endpoint { Endpoint(high: high, low: low, port: port) }

    /// The network that the address belongs to for limits: /24 for IPv4, /56 for IPv6.
    public var prefix: UInt64 {
        if let ipv4 { return UInt64(ipv4 >> 8) }
        return high & ~0xFF | 1 << 63
    }

    /// Whether the address is on this host.
    public var isLoopback: Bool {
        if let ipv4 { return ipv4 >> 24 == 127 }
        return high == 0 && low == 1
    }

    /// Whether the address only means something on one network: RFC 1918, RFC 6598, RFC 4193,
    /// loopback and link-local.
    public var isPrivate: Bool {
        guard let ipv4 else { return isLoopback || high >> 57 == 0xFC >> 1 || high >> 54 == 0x3FA }
        return isLoopback || ipv4 >> 24 == 10 || ipv4 >> 20 == 0xAC1 || ipv4 >> 16 == 0xC0A8
            || ipv4 >> 22 == 0x191 || ipv4 >> 16 == 0xA9FE
    }

    /// Whether the address is the unspecified one, which a socket binds to for "any".
    public var isUnspecified: Bool { ipv4 == 0 || (high == 0 && low == 0) }

    /// Whether both have the same address, whatever their ports.
    public func sharesHost(with other: Endpoint) -> Bool {
        high == other.high && low == other.low
    }

    /// Orders by address, then by port.
    public static func < (left: Endpoint, right: Endpoint) -> Bool {
        (left.high, left.low, left.port) < (right.high, right.low, right.port)
    }

    /// The address without the port, as in `192.0.2.1` or `2001:db8:0:0:0:0:0:1`.
    public var host: String {
        if let ipv4 {
            return [24, 16, 8, 0].map { String(ipv4 >> $0 & 0xFF) }.joined(separator: ".")
        }
        let groups = [high, low].flatMap { half in
            [48, 32, 16, 0].map { String(half >> $0 & 0xFFFF, radix: 16) }
        }
        return groups.joined(separator: ":")
    }

    /// The address and the port, as in `192.0.2.1:4000` or `[2001:db8:0:0:0:0:0:1]:4000`.
    public var description: String { ipv4 == nil ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
