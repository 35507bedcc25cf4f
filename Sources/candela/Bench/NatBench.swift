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
    var seconds = 20.0

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
        guard !pairs.isEmpty else {
            throw ValidationError(
                "--with '\(with ?? "")' is none of --types '\(types)': no pair is left"
            )
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
        let rows = try measure(pairs)
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

    /// A pair that is tried.
    private struct Stand {
        /// Its place among the pairs.
        let number: Int
        let lab: NatLab
        var trials: [NatTrial] = []
    }

    /// Tries all pairs, some at the same time, each in a lab of its own.
    private func measure(_ pairs: [(NatSite, NatSite)]) throws -> [BenchResult] {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let parts = link.split(separator: ":").map(String.init)
        // Both have a delay of their own, each way.
        let roundTrip = max(0.1, 4 * (Double(parts[0]) ?? 0))
        var stands: [Stand] = []
        defer { for stand in stands { stand.lab.down() } }
        var rows = [BenchResult?](repeating: nil, count: pairs.count)
        var next = 0
        while next < pairs.count || !stands.isEmpty {
            try Interrupt.check()
            if stands.count < parallel, next < pairs.count {
                options.progress("\(pairs[next].0) and \(pairs[next].1)")
                let folder = "\(scratch.path)/\(next)"
                mkdir(folder, 0o700)
                let program = "\(lab)/netlab"
                let nats = NatLab(program: program, folder: folder, number: next, pairs[next])
                stands.append(Stand(number: next, lab: nats))
                try nats.up(delay: parts[0], loss: parts[1])
                next += 1
            }
            for at in stands.indices {
                guard let trial = try stands[at].lab.step(within: seconds) else { continue }
                stands[at].trials.append(trial)
            }
            for stand in stands where stand.trials.count >= runs {
                stand.lab.down()
                let (one, other) = pairs[stand.number]
                rows[stand.number] = NatBenchCommand.row(
                    one,
                    other,
                    stand.trials,
                    roundTrip: roundTrip
                )
            }
            stands.removeAll { $0.trials.count >= runs }
            usleep(50_000)
        }
        return rows.compactMap { $0 }
    }

    private static func row(
        _ one: NatSite,
        _ other: NatSite,
        _ trials: [NatTrial],
        roundTrip: Double
    ) -> BenchResult {
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
        let paths = trials.filter { $0.directMs != nil }.compactMap(\.pathMs)
        row["path_ms_median"] = .number(middle(paths))
        row["path_round_trips_median"] = .number(middle(paths).map { $0 / roundTrip })
        row["played"] = .count(trials.count(where: \.played))
        let media = trials.compactMap(\.mediaMs)
        row["media_ms_median"] = .number(middle(media))
        row["media_ms_worst"] = .number(media.max())
        return row
    }
}
