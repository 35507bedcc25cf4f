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

    @Option(help: "Types of NAT, with commas between.")
    var types = "open,full,addr,port,symseq,sym,eirand,double,mapped"

    @Option(help: "Only pairs with this type.")
    var with: String?

    @Option(help: "How often each pair is tried.")
    var runs = 1

    @Option(help: "How many pairs are tried at the same time.")
    var parallel = 1

    @Option(help: "How long a try may take, in seconds.")
    var seconds = 8.0

    @Option(help: "One-way delay of each uplink in ms, and loss in percent: DELAY:LOSS.")
    var link = "30:1"

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (1...100).contains(runs) else { throw ValidationError("--runs takes 1 to 100") }
        guard (1...16).contains(parallel) else {
            throw ValidationError("--parallel takes 1 to 16")
        }
        guard (2...60).contains(seconds) else { throw ValidationError("--seconds takes 2 to 60") }
        let numbers = link.split(separator: ":").map { Double($0) ?? -1 }
        guard numbers.count == 2, (0...2_000).contains(numbers[0]), (0...50).contains(numbers[1])
        else { throw ValidationError("--link takes DELAY:LOSS, as in 30:1") }
        for type in types.split(separator: ",").map(String.init) + [with].compactMap({ $0 })
        where NatSite(rawValue: type) == nil {
            let known = NatSite.allCases.map(\.rawValue).joined(separator: ", ")
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
        var left = pairs
        var rows: [BenchResult] = []
        while !left.isEmpty {
            let batch = Array(left.prefix(parallel))
            left.removeFirst(batch.count)
            for (one, other) in batch { options.progress("\(one) and \(other)") }
            rows += try measure(batch)
        }
        var result = BenchResult("nat")
        result["link"] = .text(link)
        result["runs"] = .count(runs)
        result["pairs"] = .list(rows)
        try options.print(result)
    }

    private var pairs: [(NatSite, NatSite)] {
        let sites = types.split(separator: ",").compactMap { NatSite(rawValue: String($0)) }
        let all = sites.indices.flatMap { at in sites[at...].map { (sites[at], $0) } }
        guard let only = with.flatMap(NatSite.init) else { return all }
        return all.filter { $0.0 == only || $0.1 == only }
    }

    /// Tries some pairs at the same time, each in a lab of its own.
    private func measure(_ batch: [(NatSite, NatSite)]) throws -> [BenchResult] {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let parts = link.split(separator: ":").map(String.init)
        var labs: [NatLab] = []
        defer { for lab in labs { lab.down() } }
        for (number, pair) in batch.enumerated() {
            let folder = "\(scratch.path)/\(number)"
            mkdir(folder, 0o700)
            let nats = NatLab(program: "\(lab)/netlab", folder: folder, number: number, pair)
            labs.append(nats)
            try nats.up(delay: parts[0], loss: parts[1])
        }
        var trials = [[NatTrial]](repeating: [], count: labs.count)
        for _ in 0..<runs {
            for lab in labs { try lab.begin() }
            let start = BenchClock.now
            while BenchClock.now - start < Int64(seconds * 1e9), labs.contains(where: \.isTrying) {
                try Interrupt.check()
                usleep(50_000)
                for lab in labs { lab.look() }
            }
            for (number, lab) in labs.enumerated() { trials[number].append(lab.end()) }
        }
        return zip(batch, trials).map { NatBenchCommand.row($0.0, $0.1, $1) }
    }

    private static func row(_ one: NatSite, _ other: NatSite, _ trials: [NatTrial]) -> BenchResult {
        func middle(_ values: [Double]) -> Double? {
            values.sorted().dropFirst(values.count / 2).first
        }
        var row = BenchResult()
        row["a"] = .text(one.rawValue)
        row["b"] = .text(other.rawValue)
        row["theory"] = .text(NatStrategy(one.type, other.type).name)
        row["runs"] = .count(trials.count)
        row["direct"] = .count(trials.compactMap(\.directMs).count)
        row["direct_ms_median"] = .number(middle(trials.compactMap(\.directMs)))
        row["path_ms_median"] = .number(middle(trials.compactMap(\.pathMs)))
        row["played"] = .count(trials.count(where: \.played))
        let media = trials.compactMap(\.mediaMs)
        row["media_ms_median"] = .number(middle(media))
        row["media_ms_worst"] = .number(media.max())
        return row
    }
}
