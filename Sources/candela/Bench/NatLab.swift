import Basics
import Gateway
import Glibc
import Paths
import Telemetry

/// What stands between a viewer of a lab and the rest of it.
enum NatSite: String, CaseIterable, CustomStringConvertible {
    case open, full, addr, port, symseq, sym, eirand, symad
    /// A port-restricted NAT behind another one.
    case double
    /// A port-restricted NAT whose router maps ports on demand.
    case mapped

    var description: String { rawValue }

    /// What peers should find it to be.
    var type: NatType {
        switch self {
        case .open: .open
        case .full: NatType(.endpointIndependent, .endpointIndependent, .preserving)
        case .addr: NatType(.endpointIndependent, .addressDependent, .preserving)
        case .port, .double: .usual
        case .symseq:
            NatType(.addressAndPortDependent, .addressAndPortDependent, .contiguous)
        case .sym: NatType(.addressAndPortDependent, .addressAndPortDependent, .random)
        case .eirand: NatType(.endpointIndependent, .addressAndPortDependent, .random)
        case .symad: NatType(.addressDependent, .addressDependent, .random)
        case .mapped: NatType(.endpointIndependent, .endpointIndependent, .preserving)
        }
    }

    /// The words of netlab that make it, under a name.
    func words(_ name: String, link: String) -> [String] {
        switch self {
        case .open: ["--public", "\(name),\(link)"]
        case .double: ["--cgnat", "c\(name)=port", "--site", "\(name)=port,via=c\(name),\(link)"]
        case .mapped: ["--site", "\(name)=port,\(link)"]
        case .full, .addr, .port, .symseq, .sym, .eirand, .symad:
            ["--site", "\(name)=\(rawValue),\(link)"]
        }
    }

    /// Where its viewer is.
    func host(_ name: String) -> String { self == .open ? name : "\(name).1" }
}

/// What came of two viewers.
struct NatTrial {
    /// From the second viewer's start to a direct path between the two; nil without one.
    var directMs: Double?
    /// From an introduction to the path that it led to, the slowest one.
    var pathMs: Double?
    /// Until media came, at the viewer that waited longer.
    var mediaMs: Double?
    /// Whether both played.
    var played = false
}

/// One broadcast and two viewers behind NATs, in namespaces that netlab makes.
final class NatLab {
    private let program: String
    private let folder: String
    private let name: String
    private let sites: [(name: String, site: NatSite)]
    private var link = ""
    private var count = 0
    private var source: ChildProcess?
    private var helpers: [ChildProcess] = []
    private var viewers: [(child: ChildProcess, state: String)] = []
    private var startedAt: Int64 = 0
    private var askedAt: Int64?
    private var trial = NatTrial()
    /// Viewers that were asked to end have so long to say goodbye, in nanoseconds.
    private static let patience: Int64 = 3_000_000_000

    init(program: String, folder: String, number: Int, _ pair: (NatSite, NatSite)) {
        (self.program, self.folder) = (program, folder)
        name = "bench\(getpid())x\(number)"
        sites = [("a", pair.0), ("b", pair.1)]
    }

    /// Builds the lab and starts the broadcast on its public host.
    func up(delay: String, loss: String) throws(CommandFailure) {
        let link = "delay=\(delay),loss=\(loss)"
        let places = sites.flatMap { $0.site.words($0.name, link: link) }
        try netlab(["up", "--owner", "\(getpid())", "--public", "rv"] + places)
        for (name, site) in sites where site == .mapped { try startRouter(name) }
        let path = "\(folder)/link"
        source = try start(
            "rv",
            [
                "broadcast", "pattern:160x90@10,300k", "--listen", "198.51.100.10:4300",
                "--no-port-mapping", "--link-file", path,
            ]
        ).child
        for _ in 0..<200 {
            usleep(50_000)
            self.link = (try? TextFile.read(path, most: 4_096)) ?? ""
            if self.link.contains("\n") { break }
        }
        self.link = String(self.link.prefix { $0 != "\n" })
        guard !self.link.isEmpty else {
            throw CommandFailure(.io, "the broadcast has not started: \(source?.lastWords ?? "")")
        }
    }

    /// Takes the lab down.
    func down() {
        for viewer in viewers { viewer.child.end() }
        source?.end()
        for helper in helpers { helper.end() }
        let words = [program, "--lab", name, "down"]
        if let ending = try? ChildProcess(.init(arguments: words)) { _ = ending.wait(seconds: 20) }
    }

    /// Goes on with a trial, or begins one; what came of it once its viewers have left.
    ///
    /// They say goodbye, so that the tracker offers none of them to those of the next trial.
    func step(within seconds: Double) throws(CommandFailure) -> NatTrial? {
        guard !viewers.isEmpty else {
            try begin()
            return nil
        }
        let now = BenchClock.now
        if let askedAt {
            let isOver = now - askedAt > NatLab.patience
            guard isOver || viewers.allSatisfy({ !$0.child.isRunning }) else { return nil }
            for viewer in viewers { viewer.child.end() }
            viewers = []
            self.askedAt = nil
            return trial
        }
        look()
        let isRelayed = NatStrategy(sites[0].site.type, sites[1].site.type) == .relay
        let isComplete = trial.played && (trial.directMs != nil || isRelayed)
        guard isComplete || now - startedAt > Int64(seconds * 1e9) else { return nil }
        askedAt = now
        for viewer in viewers { viewer.child.ask() }
        return nil
    }

    /// Two viewers join.
    private func begin() throws(CommandFailure) {
        for (name, site) in sites {
            let mapping = site == .mapped ? [] : ["--no-port-mapping"]
            let words = ["join", link, "--http", "127.0.0.1:0"] + mapping
            viewers.append(try start(site.host(name), words))
        }
        startedAt = BenchClock.now
        trial = NatTrial()
    }

    /// Sees how far the viewers are.
    private func look() {
        guard viewers.count == 2, let one = NatLab.snapshot(viewers[0].state),
            let other = NatLab.snapshot(viewers[1].state)
        else { return }
        let meets = [(one, other), (other, one)].contains { here, there in
            here.peers.contains { $0.id == there.own && $0.path == "direct" }
        }
        if meets, trial.directMs == nil {
            trial.directMs = Double(BenchClock.now - startedAt) / 1e6
        }
        let both = [one, other]
        trial.played = both.allSatisfy { ($0.pictureContinuity.mean ?? 0) > 0.5 }
        trial.mediaMs = both.compactMap(\.startupMs.worst).max()
        trial.pathMs = both.compactMap { $0.meetings?.pathMs.worst }.max()
    }

    private func netlab(_ words: [String]) throws(CommandFailure) {
        let words = [program, "--lab", name] + words
        let making = try ChildProcess(.init(arguments: words, errorFile: "\(folder)/lab"))
        guard making.wait(seconds: 60), making.hasSucceeded else {
            making.end()
            throw CommandFailure(.io, "netlab has failed: \(making.lastWords)")
        }
    }

    /// Starts miniupnpd on the router of a site.
    private func startRouter(_ site: String) throws(CommandFailure) {
        let (rules, settings) = ("\(folder)/\(site).nft", "\(folder)/\(site).conf")
        try ScenarioFiles.write(NatLab.routerRules, to: rules)
        try ScenarioFiles.write(NatLab.routerSettings, to: settings)
        try netlab(["exec", site, "--", "nft", "-f", rules])
        let words = [
            program, "--lab", name, "exec", site, "--", "miniupnpd", "-d", "-f", settings,
            "-P", "\(folder)/\(site).pid",
        ]
        helpers.append(
            try ChildProcess(.init(arguments: words, errorFile: "\(folder)/\(site).upnp"))
        )
    }

    private func start(_ place: String, _ words: [String]) throws(CommandFailure)
        -> (child: ChildProcess, state: String)
    {
        count += 1
        let state = "\(folder)/\(count)"
        let command = [program, "--lab", name, "exec", place, "--", NatLab.own] + words
        let child = try ChildProcess(
            .init(
                arguments: command + ["--plain", "--state-dir", state],
                errorFile: "\(folder)/\(count).err"
            )
        )
        return (child, state)
    }

    private static func snapshot(_ state: String) -> SwarmSnapshot? {
        guard let folder = try? StateDirectory(state),
            let socket = try? ControlTarget.find(nil, folder)
        else { return nil }
        return try? ControlTarget.snapshot(socket)
    }

    /// This program's file: netlab starts it in its turn.
    private static let own: String = {
        var path = [CChar](repeating: 0, count: 4_096)
        let length = max(0, readlink("/proc/self/exe", &path, path.count - 1))
        return String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()

    /// Lets the daemon be asked, and gives it the chains that it fills.
    private static let routerRules = """
        insert rule ip fw input iifname "lan" udp dport { 1900, 5351 } accept
        table inet upnp {
          chain miniupnpd {
          }
          chain prerouting_miniupnpd {
          }
          chain postrouting_miniupnpd {
          }
          chain prerouting {
            type nat hook prerouting priority -90;
            jump prerouting_miniupnpd
          }
          chain postrouting {
            type nat hook postrouting priority 110;
            jump postrouting_miniupnpd
          }
        }

        """

    /// The outside address is that of no documentation network, which the daemon would not take.
    private static let routerSettings = """
        ext_ifname=eth0
        ext_ip=44.9.9.9
        listening_ip=lan
        http_port=0
        enable_natpmp=yes
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
}
