import Basics

/// The solvers that can plan an epoch: who feeds whom.
///
/// **Chandelier**, the central optimiser of PeerTV, was never published. What bears its name here
/// is a reconstruction from what the same group did publish: a tracker that periodically solves
/// assignment problems between peers that want a stripe and seats of peers that have it, under a
/// deadline, by Deep Greedy Switching from the present assignment (Roverso, licentiate thesis, KTH
/// 2011; Roverso et al., "A GPU-enabled solver for time-constrained linear sum assignment
/// problems"; Roverso et al., "On the feasibility of centrally-coordinated peer-to-peer live
/// streaming"). An epoch has these steps, each a type of its own:
///
/// 1. `Links`: what works today. `SourceSeats`, `SeatPlan`: which peers carry which stripes, one
///    each where seats allow (interior-disjoint, as in SplitStream).
/// 2. `RowPlan`: the ideal tree of each stripe, peers in rows, the fastest nearest the source.
/// 3. `Planting`: from today's trees towards the ideal ones, a few moves per peer at a time.
/// 4. `Refinement`: in each row, children and the seats one row above are an `AssignmentProblem`.
/// 5. `Backups`: whom to turn to when a parent fails.
///
/// The solvers share all steps but the fourth, so that the same function makes every plan and
/// every figure, and what they differ in is the solver alone.
public enum Optimiser: String, CaseIterable, Sendable {
    /// Deep Greedy Switching from today's links, which stay unless a move gains enough.
    case chandelier
    /// Each child on the best seat that is free.
    case greedy
    /// Each child on any seat.
    case random
    /// Bertsekas' auction.
    case auction
    /// Min-cost flow: the optimum of each row.
    case exact

    /// Plans an epoch.
    ///
    /// The same view, seed and budget in units give the same plan, in whatever order members come.
    /// Every member that needs a stripe gets a parent while there are seats; where there are not,
    /// those with the most seats come first. Whenever the budget ends, nobody has more children
    /// than seats, no pair is one that cannot connect, and there is no cycle.
    ///
    /// - Parameters:
    ///   - view: the swarm.
    ///   - seed: for `random`; the others draw nothing.
    ///   - budget: how much work may be done; afterwards, how much was.
    /// - Returns: the plan and its figures.
    public func plan(_ view: SwarmView, seed: UInt64 = 0, budget: inout WorkBudget) -> Outcome {
        var (epoch, planting) = Epoch.settled(view, &budget)
        if self != .chandelier || epoch.movesMax > 0 {
            var refinement = Refinement(self, epoch, planting, seed: seed)
            refinement.run(&planting, &budget)
        }
        return Outcome(
            plan: epoch.plan(planting),
            figures: PlanFigures(epoch, planting, budget),
            source: view.source,
            stripeCount: view.stripeCount
        )
    }

    /// Solves an assignment problem; the result is feasible wherever the budget ends.
    ///
    /// - Parameters:
    ///   - problem: who may sit where.
    ///   - start: the parent of each child now, -1 for none. `chandelier` starts from it; the
    ///     others fall back on it when the budget ends them.
    ///   - seed: for `random`.
    ///   - budget: how much work may be done.
    /// - Returns: the parent of each child, -1 for none; as many have one as is possible.
    public func solve(
        _ problem: AssignmentProblem,
        start: [Int32] = [],
        seed: UInt64 = 0,
        budget: inout WorkBudget
    ) -> [Int32] {
        solve(problem, start: start, settled: start, seed: seed, budget: &budget)
    }

    /// Solves an assignment problem; `settled` is `start` without those whom a move costs nothing.
    func solve(
        _ problem: AssignmentProblem,
        start: [Int32],
        settled: [Int32],
        seed: UInt64,
        budget: inout WorkBudget
    ) -> [Int32] {
        var seating = Seating(problem, start: self == .chandelier ? settled : [])
        var isNearOptimal = false
        switch self {
        case .chandelier: isNearOptimal = Optimiser.begin(&seating, problem, &budget)
        case .greedy: GreedyAssignment.fill(&seating, problem, &budget)
        case .random: RandomAssignment.fill(&seating, problem, seed: seed, &budget)
        case .auction: AuctionAssignment.fill(&seating, problem, &budget)
        case .exact: seating = MinCostFlow.solve(problem, &budget)
        }
        if self != .exact { Completion.fill(&seating, problem, &budget) }
        if budget.isSpent { return Seating(problem, start: start).parents }
        if self == .chandelier, !isNearOptimal {
            DeepGreedySwitching.improve(&seating, problem, &budget)
        }
        return seating.parents
    }

    /// A start for switching: the best free seats, or an auction where most have no seat yet.
    ///
    /// From an arbitrary start, switching takes twenty times as long as after an auction, and does
    /// no better (measured, 10,000 peers). After an auction among all it has nothing left to do.
    ///
    /// - Returns: whether the result is within a unit per child of the optimum.
    private static func begin(
        _ seating: inout Seating,
        _ problem: AssignmentProblem,
        _ budget: inout WorkBudget
    ) -> Bool {
        let open = seating.parents.count { $0 < 0 }
        guard 2 * open > problem.childCount else {
            GreedyAssignment.fill(&seating, problem, &budget)
            return false
        }
        AuctionAssignment.fill(&seating, problem, &budget)
        return open == problem.childCount
    }
}

/// The result of an epoch.
public struct Outcome: Sendable {
    /// Who should feed whom.
    public let plan: Plan
    /// What that is worth and what it costs.
    public let figures: PlanFigures

    private let source: PeerID
    private let stripeCount: Int

    init(plan: Plan, figures: PlanFigures, source: PeerID, stripeCount: Int) {
        self.plan = plan
        self.figures = figures
        self.source = source
        self.stripeCount = stripeCount
    }

    /// What the trees look like, peer by peer; it takes as long as planning.
    public var trees: TreeFigures { TreeFigures(plan, source: source, stripeCount: stripeCount) }
}
