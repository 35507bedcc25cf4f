import Glibc
import NIOCore

/// Who may ask, by the name under which they reach the gateway.
///
/// Any web page in a user's browser can send requests here, also under a name of its own that it
/// rebinds to this address. Hence a `Host` must be a name that nobody else can point here.
enum Audience: Sendable, Equatable {
    /// Users of this machine: the names of loopback alone.
    case thisHost
    /// Users of the network: any address, since only names can be rebound, and these names.
    case network(names: [String])

    /// The names of loopback.
    private static let loopback = ["127.0.0.1", "localhost", "[::1]"]

    /// Users of the network, who may also use this machine's own name.
    static var ownNetwork: Audience {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return .network(names: []) }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = String(decoding: bytes, as: UTF8.self).lowercased()
        return .network(names: name.isEmpty ? [] : [name, name + ".local"])
    }

    /// Whether a `Host`, in lower case, names this gateway on its port.
    func accepts(_ authority: Substring, port: Int) -> Bool {
        var name = authority
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            // Digit for digit: "08090" and "+8090" are somebody else's spelling.
            guard authority[authority.index(after: colon)...] == String(port) else { return false }
            name = authority[..<colon]
        } else if port != 80 {
            // Clients leave out the port when it is the scheme's own (RFC 9110 section 4.2.3).
            return false
        }
        if Audience.loopback.contains(String(name)) { return true }
        guard case .network(let names) = self else { return false }
        return names.contains(String(name)) || Audience.isAddress(name)
    }

    /// Whether it is an address in its usual form, an IPv6 address in brackets.
    private static func isAddress(_ name: Substring) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") {
            let inner = String(name.dropFirst().dropLast())
            var address = in6_addr()
            return !inner.contains(".") && inet_pton(AF_INET6, inner, &address) == 1
        }
        var address = in_addr()
        return inet_pton(AF_INET, String(name), &address) == 1
    }
}
