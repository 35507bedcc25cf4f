/// Seats whoever a solver left without, along shortest ways on which others move over.
///
/// Each search finds a free seat if there is any way to one (Berge 1957), so that as many sit in
/// the end as possible, whatever the solver did.
struct Completion {
    private let problem: AssignmentProblem
    /// By which edge, and whose, each parent was reached; -1 when it was not.
    ///
    /// Those that a search in vain has reached stay so: no way from them leads to a free seat, whatever others do.
    private var edges: [Int]
    private var movers: [Int32]

    /// Seats everybody for whom there is a way; stops when the budget is spent.
    static func fill(
        _ seating: inout Seating,
        _ problem: AssignmentProblem,
        _ budget: inout WorkBudget
    ) {
        let open = (0..<problem.childCount).filter { seating.parents[$0] < 0 }
        guard !open.isEmpty else { return }
        var completion = Completion(
            problem: problem,
            edges: [Int](repeating: -1, count: problem.parentCount),
            movers: [Int32](repeating: -1, count: problem.parentCount)
        )
        for child in open where budget.spend(problem.edges(of: child).count) {
            completion.place(child, &seating, &budget)
        }
    }

    private mutating func place(
        _ child: Int,
        _ seating: inout Seating,
        _ budget: inout WorkBudget
    ) {
        var queue: [Int] = []
        reach(from: child, &queue)
        var next = 0
        while next < queue.count {
            let parent = queue[next]
            next += 1
            if seating.hasSeat(parent, problem) {
                moveOver(to: parent, child, &seating)
                for parent in queue { edges[parent] = -1 }
                return
            }
            guard budget.spend(8 * Int(seating.loads[parent])) else { return }
            var other = seating.firsts[parent]
            while other >= 0 {
                reach(from: Int(other), &queue)
                other = seating.nexts[Int(other)]
            }
        }
    }

    private mutating func reach(from child: Int, _ queue: inout [Int]) {
        for edge in problem.edges(of: child) {
            let parent = Int(problem.parents[edge])
            guard edges[parent] < 0, problem.capacities[parent] > 0 else { continue }
            edges[parent] = edge
            movers[parent] = Int32(child)
            queue.append(parent)
        }
    }

    private func moveOver(to end: Int, _ child: Int, _ seating: inout Seating) {
        var parent = end
        while true {
            let mover = Int(movers[parent])
            let edge = edges[parent]
            let former = Int(seating.parents[mover])
            seating.rise(mover)
            seating.sit(mover, at: problem.parents[edge], problem.benefits[edge])
            if mover == child { return }
            parent = former
        }
    }
}
