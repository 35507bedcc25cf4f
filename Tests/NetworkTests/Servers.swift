/// coturn's server for Binding requests, on two public addresses and two ports each (RFC 5780).
struct StunServer {
    static let port = 3_478
    let child: Child
    private let lab: Lab

    init?(_ lab: Lab) {
        self.lab = lab
        let words = [
            "turnserver", "-n", "--no-cli", "--stun-only", "--no-auth", "-l", "stdout",
            "--listening-ip", Lab.first, "--listening-ip", Lab.second, "--relay-ip", Lab.first,
            "--listening-port", "\(StunServer.port)",
            "--pidfile", "\(Child.folder)/turn.pid", "--db", "\(Child.folder)/turn.db",
        ]
        guard let child = lab.start(lab.core, words) else { return nil }
        self.child = child
    }

    /// Waits until it listens.
    func isReady() async -> Bool {
        await eventually(within: 5) {
            lab.sockets(lab.core).contains("\(Lab.second):\(StunServer.port + 1)")
        }
    }
}

/// miniupnpd on the router of a home, whose own rules must be those of `portRestricted`.
struct UPnPDaemon {
    /// What it speaks.
    enum Languages {
        /// UPnP, PCP and NAT-PMP.
        case all
        /// UPnP only.
        case upnp
    }

    let child: Child
    private let lab: Lab
    private let home: Lab.Home

    init?(_ lab: Lab, _ home: Lab.Home, _ languages: Languages = .all) {
        (self.lab, self.home) = (lab, home)
        lab.rules(home, UPnPDaemon.rules)
        let settings = """
            ext_ifname=wan
            listening_ip=lan
            http_port=0
            enable_natpmp=\(languages == .all ? "yes" : "no")
            enable_upnp=yes
            secure_mode=yes
            uuid=00000000-0000-0000-0000-000000000001
            allow 1024-65535 0.0.0.0/0 1024-65535
            upnp_table_name=upnp
            upnp_nat_table_name=upnp
            upnp_forward_chain=miniupnpd
            upnp_nat_chain=prerouting_miniupnpd
            upnp_nat_postrouting_chain=postrouting_miniupnpd

            """
        let path = Child.write(settings, "\(home.router).conf")
        let pid = "\(Child.folder)/\(home.router).pid"
        guard let child = lab.start(home.router, ["miniupnpd", "-d", "-f", path, "-P", pid]) else {
            return nil
        }
        self.child = child
    }

    /// Waits until it listens.
    func isReady() async -> Bool {
        await eventually(within: 5) { lab.sockets(home.router).contains(":1900") }
    }

    /// The rules by which it passes ports on.
    var mappings: [String] {
        let chain = ["nft", "list", "chain", "inet", "upnp", "prerouting_miniupnpd"]
        return lab.exec(home.router, chain).split(separator: "\n").map(String.init)
            .filter { $0.contains("dnat") }
    }

    private static let rules = """
        table inet upnp {
          chain miniupnpd {
          }
          chain prerouting_miniupnpd {
          }
          chain postrouting_miniupnpd {
          }
          chain prerouting {
            type nat hook prerouting priority -100;
            jump prerouting_miniupnpd
          }
          chain postrouting {
            type nat hook postrouting priority 90;
            jump postrouting_miniupnpd
          }
        }

        """
}
