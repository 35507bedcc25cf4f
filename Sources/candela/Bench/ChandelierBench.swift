import ArgumentParser
import Basics
import Chandelier

/// The verb `candela bench chandelier`.
struct ChandelierBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chandelier",
        abstract: "The optimiser: quality, time and moves of every solver."
    )

    @OptionGroup var options: BenchOptions

    @Option(help: "How many viewers the swarm has, from 10 to 200,000.")
    var peers = 600

    @Option(help: "What share of the viewers leaves, and joins, between two epochs, in percent.")
    var churn = 2

    @Option(help: "The deadline of an epoch in milliseconds; none by default.")
    var deadline: Int?

    @Option(help: "The number that the swarm is made from.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (10...200_000).contains(peers), (0...50).contains(churn) else {
            throw ValidationError("--peers is from 10 to 200000, --churn from 0 to 50")
        }
    }

    func run() throws {
        let fresh = ChandelierCast.swarm(peers, seed: seed)
        options.progress("a fresh swarm of \(peers)")
        let solvers = SolverStand(seed: seed, deadline: deadline)
        let first = solvers.measureAll(fresh)
        options.progress("the same after \(churn) % churn")
        let settled = ChandelierCast.settled(fresh)
        let second = solvers.measureAll(
            ChandelierCast.churned(settled, percent: churn, seed: seed)
        )
        options.progress("the same, left alone")
        let rest = solvers.measure(.chandelier, settled)
        var result = BenchResult("chandelier")
        result["peers"] = .count(peers)
        result["stripes"] = .count(fresh.stripeCount)
        result["churn_percent"] = .count(churn)
        result["deadline_ms"] = .count(deadline)
        result["ratio_is"] = .text("what links are worth ÷ the same for the exact solver")
        result["fresh"] = .list(first.map(\.row))
        result["churned"] = .list(second.map(\.row))
        result["at_rest"] = .object(rest.row)
        try options.print(result)
    }
}

/// The swarms that the optimiser is measured with.
enum ChandelierCast {
    private static let source = PeerID(1)
    /// Classes of NATs; class 0 reaches all.
    private static let classCount = 20
    /// What share of the other pairs of classes cannot connect, in percent.
    private static let forbiddenPercent = 15

    /// Viewers all over the world with seats from none to 24, in networks of about six.
    static func swarm(_ viewers: Int, seed: UInt64) -> SwarmView {
        var random = SeededRandom(seed: seed)
        let root = SwarmView.Member(id: source, role: .source, seats: 15, prefix: 0)
        var members = [root]
        for _ in 0..<viewers { members.append(viewer(of: viewers, &random)) }
        var view = SwarmView(
            stripeCount: 8,
            source: source,
            members: members,
            stripeRate: .kilobits(125)
        )
        var classes = SeededRandom(seed: seed &+ 1)
        view.reachability = Reachability(classCount: classCount) { low, _ in
            if low == 0 { return .direct }
            let grades: [Reachability.Grade] = [.hard, .easy, .direct]
            return classes.below(100) < forbiddenPercent ? .never : grades[classes.below(3)]
        }
        return view
    }

    private static func viewer(of viewers: Int, _ random: inout SeededRandom) -> SwarmView.Member {
        var place = SeededRandom(seed: UInt64(random.below(viewers / 6 + 1)))
        var member = SwarmView.Member(
            id: PeerID(random.next()),
            role: .viewer,
            seats: [0, 4, 8, 8, 12, 24][random.below(6)],
            prefix: UInt64(place.below(256) << 8 | place.below(256))
        )
        member.uptime = .seconds(random.below(7_200))
        member.reach = UInt8(1 + random.below(classCount - 1))
        member.coordinate = Coordinate(
            x: Float(place.unit() * 150 + random.unit() * 10),
            y: Float(place.unit() * 150 + random.unit() * 10),
            height: Float(2 + random.unit() * 20)
        )
        return member
    }

    /// The swarm after it has followed four plans.
    static func settled(_ view: SwarmView) -> SwarmView {
        var view = view
        for _ in 0..<4 {
            var budget = WorkBudget.unlimited
            let plan = Optimiser.chandelier.plan(view, budget: &budget).plan
            for index in view.members.indices {
                var parents = [PeerID?](repeating: nil, count: view.stripeCount)
                for assignment in plan.parents[view.members[index].id] ?? [] {
                    parents[assignment.stripe] = assignment.parent
                }
                view.members[index].parents = parents
            }
        }
        return view
    }

    /// The swarm after some have left and as many have joined.
    static func churned(_ view: SwarmView, percent: Int, seed: UInt64) -> SwarmView {
        var random = SeededRandom(seed: seed &+ 2)
        var result = view
        let leaving = ((view.members.count - 1) * percent + 50) / 100
        // Selection sampling (Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2S).
        var (chosen, seen) = (0, 0)
        result.members.removeAll { member in
            guard member.id != source else { return false }
            let isChosen = random.below(view.members.count - 1 - seen) < leaving - chosen
            seen += 1
            chosen += isChosen ? 1 : 0
            return isChosen
        }
        for _ in 0..<leaving {
            var member = viewer(of: view.members.count - 1, &random)
            member.uptime = .zero
            result.members.append(member)
        }
        return result
    }
}
