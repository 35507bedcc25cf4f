import ArgumentParser

/// `udp://HOST:PORT`, with `?ttl=N` for multicast.
struct DatagramAddress: ExpressibleByArgument {
    /// The address.
    var host: String
    /// From 1 on.
    var port: Int
    /// How many routers a multicast datagram may pass; 1 stays in the network (RFC 1112).
    var hops = 1

    init?(argument: String) {
        guard argument.hasPrefix("udp://") else { return nil }
        let parts = argument.dropFirst("udp://".count).split(
            separator: "?",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        // "@" stands before a group in players' addresses.
        let place = parts[0].drop { $0 == "@" }
        guard let address = AddressArgument(argument: String(place)), address.port > 0 else {
            return nil
        }
        host = address.host
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        port = address.port
        guard parts.count == 2 else { return }
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, sides[0] == "ttl", let number = Int(sides[1]),
                (1...255).contains(number)
            else { return nil }
            hops = number
        }
    }
}
