import Glibc

/// A small internet in network namespaces: public addresses, and homes behind routers.
///
/// Nothing in it has a way to the machine's own network. It stands, with all that was started in it,
/// until it is closed.
final class Lab {
    /// A home: one host behind one router.
    struct Home {
        let name: String
        /// The namespace of the host.
        let host: String
        /// The namespace of the router.
        let router: String
        /// The router's address on its outside.
        let outside: String
        /// The host's address.
        let inside: String
        fileprivate let number: Int
    }

    /// Two public addresses, for sources, trackers and servers.
    static let (first, second) = ("44.0.0.10", "44.0.0.11")

    private let prefix: String
    /// The namespace of everything public.
    let core: String
    private var namespaces: [String] = []
    private var children: [Child] = []
    private var homes = 0

    init() {
        Lab.sweep()
        prefix = "cnet\(getpid())x\(Number.next)"
        core = prefix + "core"
        add(core)
        for address in [Lab.first, Lab.second] { ip(core, "addr add \(address)/32 dev lo") }
        exec(core, ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
    }

    /// Takes the lab down, and ends what runs in it.
    func close() {
        for child in children { child.stop(SIGKILL) }
        children = []
        for name in namespaces.reversed() { Lab.remove(name) }
        namespaces = []
    }

    /// Why no lab can be made here; nil when it can.
    static let obstacle: String? = {
        guard getuid() == 0 else { return "network namespaces need root" }
        let name = "cnet\(getpid())try"
        let made = Child.run(["ip", "netns", "add", name])
        guard made.status == 0 else { return "no network namespaces here: \(made.output)" }
        defer { Lab.remove(name) }
        let rules = Child.write(Nat.full.rules, "try.nft")
        let known = Child.run(["ip", "netns", "exec", name, "nft", "-f", rules])
        return known.status == 0 ? nil : "no address translation here: \(known.output)"
    }()

    /// Adds a home; with a carrier its router is behind another NAT, of the carrier's.
    func home(_ nat: Nat, behind carrier: Nat? = nil) -> Home {
        homes += 1
        let number = homes
        let (host, router) = ("\(prefix)h\(number)", "\(prefix)r\(number)")
        let inside = nat == .none ? "44.2.\(number).10" : "192.168.\(number).10"
        let outside = carrier == nil ? "44.1.\(number).2" : "100.64.\(number).10"
        add(host)
        add(router)
        if let carrier {
            let provider = "\(prefix)c\(number)"
            addRouter(provider, carrier, number)
            connect(router, to: provider, "lan", at: outside)
        } else {
            connect(router, to: core, "site\(number)", at: outside)
        }
        connect(host, to: router, "lan", at: inside, as: "eth0")
        if nat == .none { ip(core, "route add 44.2.\(number).0/24 via \(outside)") }
        exec(router, ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
        let home = Home(
            name: nat.rawValue,
            host: host,
            router: router,
            outside: outside,
            inside: inside,
            number: number
        )
        rules(home, nat.rules)
        return home
    }

    /// A router whose outside is public.
    private func addRouter(_ name: String, _ nat: Nat, _ number: Int) {
        add(name)
        connect(name, to: core, "site\(number)", at: "44.1.\(number).2")
        exec(name, ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
        exec(name, ["nft", "-f", Child.write(nat.rules, "\(name).nft")])
    }

    /// Joins two namespaces: `low` has its default route by `high`, which has the first address of the network.
    private func connect(
        _ low: String,
        to high: String,
        _ highName: String,
        at address: String,
        as name: String = "wan"
    ) {
        let near = address.split(separator: ".").dropLast().joined(separator: ".") + ".1"
        link(low, name, high, highName)
        ip(high, "addr add \(near)/24 dev \(highName)", "link set \(highName) up")
        ip(
            low,
            "addr add \(address)/24 dev \(name)",
            "link set \(name) up",
            "route add default via \(near)"
        )
    }

    /// Sets rules of a home's router, besides those that it has.
    func rules(_ home: Home, _ text: String) {
        guard !text.isEmpty else { return }
        exec(home.router, ["nft", "-f", Child.write(text, "\(home.router).nft")])
    }

    /// Lets idle mappings of a home's router live for so many seconds.
    func expire(_ home: Home, afterSeconds seconds: Int) {
        for name in ["udp_timeout", "udp_timeout_stream"] {
            let setting = "net.netfilter.nf_conntrack_\(name)=\(seconds)"
            exec(home.router, ["sysctl", "-qw", setting])
        }
    }

    /// Gives the router of a home another public address: all its mappings are gone.
    func rebind(_ home: Home) {
        let site = "44.1.\(home.number)"
        ip(
            home.router,
            "addr del \(home.outside)/24 dev wan",
            "addr add \(site).77/24 dev wan",
            "route add default via \(site).1"
        )
    }

    /// Starts a program in a namespace; it runs until the lab is closed, if it does not end before.
    func start(_ namespace: String, _ words: [String]) -> Child? {
        let child = Child(["ip", "netns", "exec", namespace] + words)
        if let child { children.append(child) }
        return child
    }

    /// Runs a program in a namespace to its end.
    @discardableResult
    func exec(_ namespace: String, _ words: [String]) -> String {
        let (status, output) = Child.run(["ip", "netns", "exec", namespace] + words)
        return status == 0 ? output : "failed (\(status)): \(output)"
    }

    /// Where somebody listens for UDP in a namespace, as text.
    func sockets(_ namespace: String) -> String { exec(namespace, ["ss", "-Huln"]) }

    private func add(_ name: String) {
        _ = Child.run(["ip", "netns", "add", name])
        namespaces.append(name)
        ip(name, "link set lo up")
    }

    private func link(_ one: String, _ name: String, _ other: String, _ otherName: String) {
        ip(one, "link add \(name) type veth peer name \(otherName) netns \(other)")
    }

    private func ip(_ namespace: String, _ commands: String...) {
        let path = Child.write(commands.joined(separator: "\n") + "\n", "\(namespace).ip")
        let (status, output) = Child.run(["ip", "-n", namespace, "-batch", path])
        precondition(status == 0, "ip \(commands): \(output)")
    }

    private static func remove(_ name: String) {
        for pid in Child.run(["ip", "netns", "pids", name]).output.split(separator: "\n") {
            if let pid = pid_t(pid) { kill(pid, SIGKILL) }
        }
        _ = Child.run(["ip", "netns", "del", name])
    }

    /// Removes what a run that was killed has left.
    private static func sweep() {
        let names = Child.run(["ip", "netns", "list"]).output.split(separator: "\n")
        for name in names.compactMap({ $0.split(separator: " ").first })
        where name.hasPrefix("cnet") {
            let digits = name.dropFirst(4).prefix { $0.isNumber }
            guard let owner = pid_t(digits), kill(owner, 0) != 0 else { continue }
            remove(String(name))
        }
    }
}
