/// A feasible assignment while it is being improved: who sits where, and what each seat is worth.
struct Seating {
    /// The parent of each child; -1 for none.
    private(set) var parents: [Int32]
    /// What each child's seat is worth; 0 without one.
    private(set) var benefits: [Int32]
    /// How many children each parent has.
    private(set) var loads: [Int32]
    /// The first child of each parent, and the next and the previous one of each child; -1 ends.
    private(set) var firsts: [Int32]
    private(set) var nexts: [Int32]
    private var previous: [Int32]

    /// Seats everybody where they were, as far as that is allowed.
    ///
    /// - Parameters:
    ///   - problem: who may sit where.
    ///   - start: the parent of each child; what is not allowed or missing counts as none.
    init(_ problem: AssignmentProblem, start: [Int32]) {
        let children = problem.childCount
        parents = [Int32](repeating: -1, count: children)
        benefits = [Int32](repeating: 0, count: children)
        loads = [Int32](repeating: 0, count: problem.parentCount)
        firsts = [Int32](repeating: -1, count: problem.parentCount)
        nexts = [Int32](repeating: -1, count: children)
        previous = nexts
        for (child, parent) in start.prefix(children).enumerated() where parent >= 0 {
            guard Int(parent) < problem.parentCount, hasSeat(Int(parent), problem),
                let benefit = problem.benefit(child: child, parent: Int(parent))
            else { continue }
            sit(child, at: parent, benefit)
        }
    }

    /// Whether a parent has a seat left.
    @inline(__always)
    func hasSeat(_ parent: Int, _ problem: AssignmentProblem) -> Bool {
        loads[parent] < problem.capacities[parent]
    }

    /// Seats a child that has no seat.
    mutating func sit(_ child: Int, at parent: Int32, _ benefit: Int32) {
        parents[child] = parent
        benefits[child] = benefit
        loads[Int(parent)] += 1
        let first = firsts[Int(parent)]
        nexts[child] = first
        previous[child] = -1
        if first >= 0 { previous[Int(first)] = Int32(child) }
        firsts[Int(parent)] = Int32(child)
    }

    /// Takes a child from its seat, if it has one.
    mutating func rise(_ child: Int) {
        let parent = parents[child]
        guard parent >= 0 else { return }
        let (before, after) = (previous[child], nexts[child])
        if before >= 0 { nexts[Int(before)] = after } else { firsts[Int(parent)] = after }
        if after >= 0 { previous[Int(after)] = before }
        parents[child] = -1
        benefits[child] = 0
        loads[Int(parent)] -= 1
    }
}
