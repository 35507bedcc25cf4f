/// How a home router of the lab treats UDP (RFC 4787); all but `symmetric` and `none` keep the port.
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

    private func table(_ how: String, _ more: String, first: String = "") -> String {
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
