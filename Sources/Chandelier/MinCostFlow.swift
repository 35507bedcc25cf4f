/// The optimum, by successive shortest paths: what the others are measured against.
///
/// One child after the other gets a seat along the cheapest way to a free one, on which others
/// move over; prices on the parents keep all costs non-negative, so that Dijkstra's algorithm
/// finds it (Edmonds and Karp, J. ACM 1972; the form for assignments is Jonker and Volgenant's,
/// Computing 1987, with several seats per parent). Staying without a seat is a parent with seats
/// for all. Each stage is the optimum for the children so far: stopped early, the rest goes
/// without. O(children · edges · log parents) at worst.
struct MinCostFlow {
    private let problem: AssignmentProblem
    /// What nothing can be worth more than, so that costs are not negative.
    private let benefitMax: Int
    /// The price of each parent, 0 or less; 0 while it has seats left.
    ///
    /// Last: staying without.
    private var prices: [Int]
    /// The cost of the way to each parent in the present search.
    private var costs: [Int]
    /// The edge by which that way came; -1 for a child that has to stay without.
    private var edges: [Int]
    /// The child that would take that edge.
    private var movers: [Int32]
    private var settled: [Bool]
    private var touched: [Int] = []

    private init(_ problem: AssignmentProblem) {
        self.problem = problem
        benefitMax = Int(problem.benefits.max() ?? 0)
        let count = problem.parentCount + 1
        prices = [Int](repeating: 0, count: count)
        costs = [Int](repeating: .max, count: count)
        edges = [Int](repeating: -1, count: count)
        movers = [Int32](repeating: -1, count: count)
        settled = [Bool](repeating: false, count: count)
    }

    /// Seats everybody; whoever had a seat before the call has to give it up.
    static func solve(_ problem: AssignmentProblem, _ budget: inout WorkBudget) -> Seating {
        var seating = Seating(problem, start: [])
        var solver = MinCostFlow(problem)
        for child in 0..<problem.childCount {
            guard solver.place(child, &seating, &budget) else { break }
        }
        return seating
    }

    /// The number of the parent that stands for staying without a seat.
    private var nowhere: Int { problem.parentCount }

    /// Finds the cheapest way for one more child; false when the budget is spent.
    private mutating func place(
        _ child: Int,
        _ seating: inout Seating,
        _ budget: inout WorkBudget
    ) -> Bool {
        var heap = CostHeap()
        relax(child, base: 0, &heap)
        while let (cost, parent) = heap.removeFirst() {
            guard !settled[parent], cost == costs[parent] else { continue }
            settled[parent] = true
            if parent == nowhere || seating.hasSeat(parent, problem) {
                finish(at: parent, child, &seating)
                return true
            }
            guard budget.spend(Int(seating.loads[parent]) * 8) else { return false }
            var other = seating.firsts[parent]
            while other >= 0 {
                let own = benefitMax - Int(seating.benefits[Int(other)]) - prices[parent]
                relax(Int(other), base: cost - own, &heap)
                other = seating.nexts[Int(other)]
            }
        }
        return false
    }

    /// Offers the ways over the edges of a child.
    private mutating func relax(_ child: Int, base: Int, _ heap: inout CostHeap) {
        for edge in problem.edges(of: child) {
            let parent = Int(problem.parents[edge])
            guard problem.capacities[parent] > 0 else { continue }
            offer(parent, edge, child, base - Int(problem.benefits[edge]), &heap)
        }
        offer(nowhere, -1, child, base, &heap)
    }

    private mutating func offer(
        _ parent: Int,
        _ edge: Int,
        _ child: Int,
        _ base: Int,
        _ heap: inout CostHeap
    ) {
        let cost = base + benefitMax - prices[parent]
        guard !settled[parent], cost < costs[parent] else { return }
        if costs[parent] == .max { touched.append(parent) }
        costs[parent] = cost
        edges[parent] = edge
        movers[parent] = Int32(child)
        heap.insert(cost: cost, parent: parent)
    }

    /// Lowers the prices on the way, and lets everybody on it move over.
    private mutating func finish(at end: Int, _ child: Int, _ seating: inout Seating) {
        let length = costs[end]
        for parent in touched where settled[parent] { prices[parent] += costs[parent] - length }
        var parent = end
        while true {
            let mover = Int(movers[parent])
            let edge = edges[parent]
            let former = Int(seating.parents[mover])
            seating.rise(mover)
            if edge >= 0 {
                seating.sit(mover, at: problem.parents[edge], problem.benefits[edge])
            }
            if mover == child { break }
            parent = former
        }
        for parent in touched {
            costs[parent] = .max
            settled[parent] = false
        }
        touched.removeAll(keepingCapacity: true)
    }
}

/// Parents in order of the cost of the way to them: a binary heap.
private struct CostHeap {
    private var entries: [(cost: Int, parent: Int)] = []

    mutating func insert(cost: Int, parent: Int) {
        entries.append((cost, parent))
        var at = entries.count - 1
        while at > 0, entries[at] < entries[(at - 1) / 2] {
            entries.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    mutating func removeFirst() -> (cost: Int, parent: Int)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var at = 0
        while true {
            var least = at
            if 2 * at + 1 < entries.count, entries[2 * at + 1] < entries[least] {
                least = 2 * at + 1
            }
            if 2 * at + 2 < entries.count, entries[2 * at + 2] < entries[least] {
                least = 2 * at + 2
            }
            if least == at { return first }
            entries.swapAt(at, least)
            at = least
        }
    }
}
