import ArgumentParser
import Basics
import Gateway
import Glibc
import Paths
import Telemetry

/// The verb `candela bench nat`.
struct NatBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nat",
        abstract: "Viewers behind pairs of real NATs, in a lab.",
        discussion: """
            Needs root and the folder of a 'netlab' program that makes the NATs. For each pair of \
            types two viewers join one broadcast, each behind a NAT of its own; told is how often a \
            direct path between them stood, after how long, and whether both played.
            """
    )

    @Option(help: "The folder of netlab.")
    var lab: String

    @Option(help: "Types of netlab, with commas between.")
    var types = "full,addr,port,symseq,sym"

    @Option(help: "How often each pair is tried.")
    var runs = 1

    @Option(help: "How long a try may take, in seconds.")
    var seconds = 8.0

    @Option(help: "One-way delay of each uplink in ms, and loss in percent: DELAY:LOSS.")
    var link = "30:1"

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (1...100).contains(runs) else { throw ValidationError("--runs takes 1 to 100") }
        guard (2...60).contains(seconds) else { throw ValidationError("--seconds takes 2 to 60") }
        let numbers = link.split(separator: ":").map { Double($0) ?? -1 }
        guard numbers.count == 2, (0...2_000).contains(numbers[0]), (0...50).contains(numbers[1])
        else { throw ValidationError("--link takes DELAY:LOSS, as in 30:1") }
        for type in types.split(separator: ",") where NatLab.types[String(type)] == nil {
            let known = NatLab.types.keys.sorted().joined(separator: ", ")
            throw ValidationError("'\(type)' is no type of NAT; there are \(known)")
        }
    }

    func run() throws {
        guard getuid() == 0 else {
            throw CommandFailure(.refused, "network namespaces need root; run this as root")
        }
        guard access("\(lab)/netlab", X_OK) == 0 else {
            throw CommandFailure(.io, "there is no program 'netlab' in \(lab); see --lab")
        }
        Interrupt.watch()
        let names = types.split(separator: ",").map(String.init)
        var rows: [BenchResult] = []
        for (number, one) in names.enumerated() {
            for other in names[number...] {
                options.progress("\(one) and \(other)")
                rows.append(try pair(one, other))
            }
        }
        var result = BenchResult("nat")
        result["link"] = .text(link)
        result["runs"] = .count(runs)
        result["pairs"] = .list(rows)
        try options.print(result)
    }

    private func pair(_ one: String, _ other: String) throws -> BenchResult {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let nats = NatLab(program: "\(lab)/netlab", folder: scratch.path)
        let parts = link.split(separator: ":")
        try nats.up(one, other, delay: String(parts[0]), loss: String(parts[1]))
        defer { nats.down() }
        var spans: [Double] = []
        var played = 0
        for _ in 0..<runs {
            try Interrupt.check()
            let trial = try nats.trial(seconds: seconds)
            if let span = trial.directMs { spans.append(span) }
            if trial.played { played += 1 }
        }
        var row = BenchResult()
        row["a"] = .text(one)
        row["b"] = .text(other)
        let types = (NatLab.types[one], NatLab.types[other])
        if let one = types.0, let other = types.1 {
            row["theory"] = .text(NatStrategy(one, other).name)
        }
        row["direct"] = .count(spans.count)
        row["direct_ms_median"] = .number(spans.sorted().dropFirst(spans.count / 2).first)
        row["played"] = .count(played)
        return row
    }
}

/// One broadcast and two viewers behind NATs, in namespaces that netlab makes.
final class NatLab {
    /// What came of two viewers.
    struct Trial {
        /// From the second viewer's start to a path between the two; nil without one.
        var directMs: Double?
        /// Whether both played.
        var played = false
    }

    /// What netlab's words mean.
    static let types: [String: NatType] = [
        "full": NatType(.endpointIndependent, .endpointIndependent, .preserving),
        "addr": NatType(.endpointIndependent, .addressDependent, .preserving),
        "port": .usual,
        "eirand": NatType(.endpointIndependent, .addressAndPortDependent, .random),
        "symad": NatType(.addressDependent, .addressDependent, .random),
        "symseq": NatType(.addressAndPortDependent, .addressAndPortDependent, .contiguous),
        "sym": NatType(.addressAndPortDependent, .addressAndPortDependent, .random),
    ]

    private let program: String
    private let folder: String
    private let name = "bench\(getpid())"
    private var link = ""
    private var count = 0
    private var source: ChildProcess?

    init(program: String, folder: String) { (self.program, self.folder) = (program, folder) }

    /// Builds the lab and starts the broadcast on its public host.
    func up(_ one: String, _ other: String, delay: String, loss: String) throws(CommandFailure) {
        let sites = [("a", one), ("b", other)].flatMap { site, type in
            ["--site", "\(site)=\(type),delay=\(delay),loss=\(loss)"]
        }
        let words =
            [program, "--lab", name, "up", "--owner", "\(getpid())", "--public", "rv"] + sites
        let making = try ChildProcess(.init(arguments: words, errorFile: "\(folder)/lab"))
        guard making.wait(seconds: 30), making.hasSucceeded else {
            making.end()
            throw CommandFailure(.io, "netlab has failed: \(making.lastWords)")
        }
        let path = "\(folder)/link"
        source = try start(
            "rv",
            [
                "broadcast", "pattern:160x90@10,300k", "--listen", "198.51.100.10:4300",
                "--link-file", path,
            ]
        ).child
        for _ in 0..<200 {
            usleep(50_000)
            link = (try? TextFile.read(path, most: 4_096)) ?? ""
            if link.contains("\n") { break }
        }
        link = String(link.prefix { $0 != "\n" })
        guard !link.isEmpty else {
            throw CommandFailure(.io, "the broadcast has not started: \(source?.lastWords ?? "")")
        }
    }

    /// Takes the lab down.
    func down() {
        source?.end()
        let words = [program, "--lab", name, "down"]
        if let ending = try? ChildProcess(.init(arguments: words)) { _ = ending.wait(seconds: 20) }
    }

    /// Two viewers join, and leave again.
    func trial(seconds: Double) throws(CommandFailure) -> Trial {
        let first = try start("a.1", ["join", link, "--http", "127.0.0.1:0"])
        defer { first.child.end() }
        let second = try start("b.1", ["join", link, "--http", "127.0.0.1:0"])
        defer { second.child.end() }
        let start = BenchClock.now
        var trial = Trial()
        while BenchClock.now - start < Int64(seconds * 1e9) {
            usleep(50_000)
            guard let one = NatLab.snapshot(first.state), let other = NatLab.snapshot(second.state)
            else { continue }
            let meets = [(one, other), (other, one)].contains { here, there in
                here.peers.contains { $0.id == there.own && $0.path == "direct" }
            }
            if meets, trial.directMs == nil {
                trial.directMs = Double(BenchClock.now - start) / 1e6
            }
            trial.played = [one, other].allSatisfy { ($0.pictureContinuity.mean ?? 0) > 0.5 }
            if trial.played, trial.directMs != nil { break }
        }
        return trial
    }

    private func start(_ place: String, _ words: [String]) throws(CommandFailure)
        -> (child: ChildProcess, state: String)
    {
        count += 1
        let state = "\(folder)/\(count)"
        let command = [program, "--lab", name, "exec", place, "--", NatLab.own] + words
        let child = try ChildProcess(
            .init(
                arguments: command + ["--plain", "--no-port-mapping", "--state-dir", state],
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
}
