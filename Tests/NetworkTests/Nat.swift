/// How a home router of the lab treats UDP (RFC 4787); those that are not symmetric keep the port.
enum Nat: String, CaseIterable, Sendable {
    /// No translation and no filter.
    case none
    /// Lets anybody in.
    case full
    /// Lets in hosts that were sent to.
    case restricted
    /// Lets in exactly whom was sent to: a Linux router as it is.
    case portRestricted
    /// Another port, at random, for each flow.
    case symmetric
    /// The next port for each flow, one after the other.
    case contiguous
    /// One port for all flows of a socket, which the inside port does not tell; lets in whom was sent to.
    case scattered
    /// Lets no UDP through.
    case blocked

    /// The rules of the router, for nft.
    ///
    /// The kernel's own translation maps endpoint-independently as long as ports are free, and filters
    /// by address and port. What filters less is let in by tables that are filled as datagrams leave.
    var rules: String {
        switch self {
        case .none: ""
        case .full: table("", Nat.open(#"iifname "wan" meta l4proto udp"#))
        case .restricted:
            table("", Nat.open(#"iifname "wan" meta l4proto udp udp dport . ip saddr @spoken"#))
        case .portRestricted: table("", "")
        case .symmetric: table("fully-random", "")
        case .contiguous: table("", "", udp: Nat.ports)
        case .scattered: table("", "", udp: Nat.scatteredPorts)
        case .blocked: table("", "", first: "meta l4proto udp drop")
        }
    }

    private static func open(_ condition: String) -> String {
        """
        chain entering {
          type nat hook prerouting priority -100;
          \(condition) dnat ip to udp dport map @inside
        }
        chain leaving {
          type filter hook forward priority -10;
          iifname "lan" meta l4proto udp update @inside { udp sport : ip saddr . udp sport }
          iifname "lan" meta l4proto udp update @spoken { udp sport . ip daddr }
        }

        """
    }

    /// A round of ports; by a map, because nftables 1.0.6 forgets the byte order of a bare `numgen`.
    private static let ports: String = {
        let (first, count) = (20_000, 2_048)
        let map = (0..<count).map { "\($0) : \(first + $0)" }.joined(separator: ", ")
        let pick = "numgen inc mod \(count) map { \(map) }"
        return #"oifname "wan" meta l4proto udp masquerade to : \#(pick)"#
    }()

    /// A port that depends on the inside port alone, and does not grow with it.
    private static let scatteredPorts: String = {
        let count = 2_048
        let map = (0..<count).map { "\($0) : \(20_000 + ($0 * 1_163 + 611) % count)" }
        let pick = "jhash udp sport mod \(count) seed 7 map { \(map.joined(separator: ", ")) }"
        return #"oifname "wan" meta l4proto udp masquerade to : \#(pick)"#
    }()

    private func table(
        _ how: String,
        _ more: String,
        first: String = "",
        udp: String = ""
    ) -> String {
        """
        table ip home {
          map inside {
            type inet_service : ipv4_addr . inet_service;
            flags dynamic,timeout; timeout 2m; size 4096;
          }
          set spoken {
            type inet_service . ipv4_addr;
            flags dynamic,timeout; timeout 2m; size 4096;
          }
          chain translating {
            type nat hook postrouting priority 100;
            \(udp)
            oifname "wan" masquerade \(how)
          }
          chain forwarding {
            type filter hook forward priority 0; policy drop;
            \(first)
            iifname "lan" accept
            ct state established,related accept
            ct status dnat accept
          }
          chain receiving {
            type filter hook input priority 0;
            iifname "wan" meta l4proto udp drop
          }
          \(more)
        }

        """
    }
}
