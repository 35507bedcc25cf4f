/// The assignment problem of one row of one stripe: its peers, and the seats one row above.
///
/// Every peer stays in its row whatever the solution, so that no cycle can come about, nobody's
/// depth changes, and rows do not depend on each other.
struct RowProblem {
    /// The children, by number.
    let children: [Int]
    /// The parents that may have children in the stripe, by number.
    let parents: [Int]
    /// Who may sit where.
    let problem: AssignmentProblem
    /// Who sits where.
    let start: [Int32]
    /// The same without those whose link is new anyway: they have nothing to lose.
    let settled: [Int32]

    /// Added to what a link is worth, so that being fed counts more than anything else.
    static let feeding: Int32 = 4_096

    /// What is known when a row is set up.
    struct Context {
        let roster: Roster
        let worth: LinkWorth
        let links: Links
        let places: CandidateRings.Places
        let widths: [[Int]]
        /// What it takes to replace a link that works.
        let hysteresis: Int32
        /// Whether links are weighed against all others instead of a few.
        let isWhole: Bool
    }

    /// Sets up one row; nil when there is nothing to choose, or the budget is spent.
    ///
    /// - Parameters:
    ///   - context: what is the same for all rows.
    ///   - planting: the trees.
    ///   - stripe: the stripe.
    ///   - depth: the row of the parents.
    ///   - movesLeft: how many links each peer may still have replaced.
    ///   - numbers: room for a number per peer, whatever it holds.
    ///   - marks: room for a number per peer, -1 each; it is left so.
    ///   - budget: what work may still be done.
    init?(
        _ context: Context,
        _ planting: Planting,
        stripe: Int,
        depth: Int,
        movesLeft: [Int],
        numbers: inout [Int32],
        marks: inout [Int32],
        _ budget: inout WorkBudget
    ) {
        let forest = planting.forests[stripe]
        guard depth + 1 < forest.rows.count, forest.rows[depth].count > 1 else { return nil }
        let row = Row(context, planting, stripe: stripe, depth: depth)
        for (number, parent) in row.parents.enumerated() { numbers[parent] = Int32(number) }
        children = forest.rows[depth + 1]
        parents = row.parents
        guard parents.count > 1, budget.spend(children.count) else { return nil }
        let isWhole = context.isWhole && children.count * parents.count <= RowProblem.wholeMax
        let rings = CandidateRings(context.places, parents, isWhole: isWhole, marks: &marks)
        let feeders = parents.map { context.worth.parties[$0] }
        var builder = AssignmentProblem.Builder(childCount: children.count, edgesEach: 16)
        var start: [Int32] = []
        start.reserveCapacity(children.count)
        var settled = start
        var candidates: [Int32] = []
        for child in children {
            let parent = Int(forest.parents[child])
            let present = numbers[parent]
            start.append(present)
            let isToday = context.links.parents[context.roster.slot(child, stripe)] == parent
            settled.append(isToday ? present : -1)
            let member = context.worth.parties[child]
            let isFrozen = isToday && movesLeft[child] <= 0
            if isFrozen {
                candidates = [present]
            } else {
                rings.candidates(for: child, present: present, into: &candidates)
            }
            guard budget.spend(4 * candidates.count) else { return nil }
            for number in candidates {
                let candidate = feeders[Int(number)]
                guard number == present || context.roster.allows(child, under: candidate.peer)
                else { continue }
                var benefit = context.worth(member, under: candidate) + RowProblem.feeding
                if number == present { benefit += isToday ? context.hysteresis : 1 }
                builder.add(parent: number, benefit: benefit)
            }
            builder.endChild()
        }
        self.start = start
        self.settled = settled
        problem = AssignmentProblem(capacities: row.capacities, builder)
    }

    /// Above this many pairs even the optimum is sought among candidates only: memory.
    private static let wholeMax = 8_000_000
}

/// The parents of one row and how many children each may have.
private struct Row {
    private(set) var parents: [Int] = []
    private(set) var capacities: [Int32] = []

    /// A parent may have a quarter more children than its share, and those that it has anyway; one
    /// without a home in the stripe gets no more than it has.
    init(_ context: RowProblem.Context, _ planting: Planting, stripe: Int, depth: Int) {
        let forest = planting.forests[stripe]
        let widths = context.widths[stripe]
        let total = forest.rows[depth].reduce(0) { $0 + widths[$1] }
        let childCount = forest.rows[depth + 1].count
        for parent in forest.rows[depth] {
            let load = forest.children(of: parent).count
            guard load > 0 || widths[parent] > 0 else { continue }
            let free =
                parent == Roster.source
                ? planting.sourceFree[stripe] : planting.seatsFree[parent]
            let share = Shares.limit(
                width: widths[parent],
                of: max(1, total),
                childCount: childCount
            )
            parents.append(parent)
            capacities.append(Int32(max(load, min(share, load + max(0, free)))))
        }
    }
}
