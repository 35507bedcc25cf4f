/// Loops in a graph where everybody has at most one parent.
enum Cycles {
    /// The least member of every loop; `parents` has -1 for nobody.
    static func find(in parents: [Int]) -> [Int] {
        var walk = Array(repeating: -1, count: parents.count)
        var found: [Int] = []
        for start in parents.indices where walk[start] < 0 {
            var at = start
            while at >= 0, walk[at] < 0 {
                walk[at] = start
                at = parents[at]
            }
            guard at >= 0, walk[at] == start else { continue }
            var least = at
            var next = parents[at]
            while next != at {
                least = min(least, next)
                next = parents[next]
            }
            found.append(least)
        }
        return found
    }

    /// How many hops each one is below a root; -1 for whoever is below none.
    static func depths(in parents: [Int], root: Int) -> [Int] {
        var depths = Array(repeating: -2, count: parents.count)
        guard parents.indices.contains(root) else { return depths }
        depths[root] = 0
        for start in parents.indices {
            var path: [Int] = []
            var at = start
            while at >= 0, depths[at] == -2 {
                // -3 marks the path under way: meeting it again is a loop.
                depths[at] = -3
                path.append(at)
                at = parents[at]
            }
            var depth = at >= 0 && depths[at] >= 0 ? depths[at] : -1
            for step in path.reversed() {
                if depth >= 0 { depth += 1 }
                depths[step] = depth
            }
        }
        return depths
    }
}
