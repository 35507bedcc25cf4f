import Basics
import Chandelier

/// Assignment problems for tests, all from a seed.
enum Problems {
    /// Any small problem: few seats or many, few edges or many.
    static func small(seed: UInt64) -> AssignmentProblem {
        var random = SeededRandom(seed: seed)
        let children = 1 + random.below(6)
        let parents = 1 + random.below(4)
        let density = 1 + random.below(10)
        return AssignmentProblem(
            capacities: (0..<parents).map { _ in random.below(4) },
            edges: (0..<children).map { _ in
                (0..<parents).filter { _ in random.below(10) < density }.map {
                    .init(parent: $0, benefit: Int32(1 + random.below(100)))
                }
            }
        )
    }

    /// As many children as seats, one seat each: near ones are worth more, some networks match,
    /// capacities multiply, and some pairs are forbidden.
    static func square(_ count: Int, forbiddenPercent: Int, seed: UInt64) -> AssignmentProblem {
        var random = SeededRandom(seed: seed)
        let places = (0..<2 * count).map { _ in
            (x: random.unit(), y: random.unit(), network: random.below(10), speed: random.unit())
        }
        return AssignmentProblem(
            capacities: [Int](repeating: 1, count: count),
            edges: (0..<count).map { child in
                (0..<count).filter { _ in random.below(100) >= forbiddenPercent }.map { parent in
                    let (own, other) = (places[child], places[count + parent])
                    let (dx, dy) = (own.x - other.x, own.y - other.y)
                    let nearness = 1 - (dx * dx + dy * dy).squareRoot() / 1.4143
                    let network = own.network == other.network ? 300.0 : 0
                    let worth = 400 * nearness + network + 300 * own.speed * other.speed
                    return .init(parent: parent, benefit: 1 + Int32(worth))
                }
            }
        )
    }

    /// The greatest value that there is, by trying everything, and the most children seated.
    static func optimum(_ problem: AssignmentProblem) -> (value: Int, seated: Int) {
        var free = problem.capacities
        func best(_ child: Int) -> (value: Int, seated: Int) {
            guard child < problem.childCount else { return (0, 0) }
            var (value, seated) = best(child + 1)
            for parent in free.indices where free[parent] > 0 {
                guard let benefit = problem.benefit(child: child, parent: parent) else { continue }
                free[parent] -= 1
                let rest = best(child + 1)
                free[parent] += 1
                value = max(value, rest.value + Int(benefit))
                seated = max(seated, rest.seated + 1)
            }
            return (value, seated)
        }
        return best(0)
    }
}
