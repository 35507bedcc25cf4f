/// Who may sit where, and what it is worth: the assignment problem that an epoch solves per row.
///
/// Children are to be given seats of parents: one seat per child, no more children per parent than
/// it has seats, and only where an edge says so. The sum of the benefits is to be greatest. Staying
/// without a seat is worth 0, so with positive benefits it is the last resort. With one seat each
/// it is the linear sum assignment problem that Peerialism's tracker solved periodically
/// (Roverso et al., "A GPU-enabled solver for time-constrained linear sum assignment problems").
///
/// Edges are kept sparse, in one array, sorted by parent for each child.
public struct AssignmentProblem: Sendable {
    /// How many seats each parent has.
    public let capacities: [Int32]
    /// Where the edges of each child begin; one entry more than there are children.
    let starts: [Int32]
    /// The parent of each edge.
    let parents: [Int32]
    /// What each edge is worth; more than 0.
    let benefits: [Int32]

    /// How many children there are.
    public var childCount: Int { starts.count - 1 }
    /// How many parents there are.
    public var parentCount: Int { capacities.count }
    /// How many edges there are.
    public var edgeCount: Int { parents.count }

    /// One possibility: a parent, and what having it is worth.
    public struct Edge: Sendable {
        /// The parent's number.
        public var parent: Int
        /// The benefit; an edge worth less than 1 is as good as none.
        public var benefit: Int32

        /// Makes an edge.
        public init(parent: Int, benefit: Int32) {
            self.parent = parent
            self.benefit = benefit
        }
    }

    /// Makes a problem from the edges of each child, in any order.
    ///
    /// Edges to parents that do not exist and edges that are worth nothing are left out; of two
    /// edges to the same parent the better one counts.
    public init(capacities: [Int], edges: [[Edge]]) {
        self.capacities = capacities.map { Int32(clamping: max(0, $0)) }
        var builder = Builder(childCount: edges.count, edgesEach: edges.first?.count ?? 0)
        for row in edges {
            let valid = row.filter { capacities.indices.contains($0.parent) && $0.benefit > 0 }
            let order = valid.sorted { ($0.parent, -$0.benefit) < ($1.parent, -$1.benefit) }
            var last = -1
            for edge in order where edge.parent != last {
                last = edge.parent
                builder.add(parent: Int32(edge.parent), benefit: edge.benefit)
            }
            builder.endChild()
        }
        (starts, parents, benefits) = (builder.starts, builder.parents, builder.benefits)
    }

    /// Makes a problem whose edges have been put in order already.
    init(capacities: [Int32], _ builder: Builder) {
        self.capacities = capacities
        (starts, parents, benefits) = (builder.starts, builder.parents, builder.benefits)
    }

    /// The edges of a child.
    @inline(__always)
    func edges(of child: Int) -> Range<Int> { Int(starts[child])..<Int(starts[child + 1]) }

    /// The benefit of a pair; nil when it is not allowed.
    ///
    /// O(log of the child's edges).
    public func benefit(child: Int, parent: Int) -> Int32? {
        edge(child: child, parent: Int32(clamping: parent)).map { benefits[$0] }
    }

    /// The edge of a pair; nil when it is not allowed.
    @inline(__always)
    func edge(child: Int, parent: Int32) -> Int? {
        var low = Int(starts[child])
        let end = Int(starts[child + 1])
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if parents[middle] < parent { low = middle + 1 } else { high = middle }
        }
        return low < end && parents[low] == parent ? low : nil
    }

    /// What an assignment is worth; nil when it breaks a rule.
    ///
    /// It has the parent of each child, -1 for none.
    public func value(of assignment: [Int32]) -> Int? {
        guard assignment.count == childCount else { return nil }
        var loads = [Int32](repeating: 0, count: parentCount)
        var sum = 0
        for (child, parent) in assignment.enumerated() where parent >= 0 {
            guard let benefit = benefit(child: child, parent: Int(parent)) else { return nil }
            sum += Int(benefit)
            loads[Int(parent)] += 1
            if loads[Int(parent)] > capacities[Int(parent)] { return nil }
        }
        return sum
    }
}

extension AssignmentProblem {
    /// Collects the edges of one child after the other, parents ascending.
    struct Builder {
        fileprivate(set) var starts: [Int32] = [0]
        fileprivate(set) var parents: [Int32] = []
        fileprivate(set) var benefits: [Int32] = []

        init(childCount: Int, edgesEach: Int) {
            starts.reserveCapacity(childCount + 1)
            parents.reserveCapacity(childCount * edgesEach)
            benefits.reserveCapacity(childCount * edgesEach)
        }

        mutating func add(parent: Int32, benefit: Int32) {
            parents.append(parent)
            benefits.append(benefit)
        }

        mutating func endChild() { starts.append(Int32(parents.count)) }
    }
}
