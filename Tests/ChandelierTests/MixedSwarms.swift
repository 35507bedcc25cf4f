import Basics
import Chandelier

/// Swarms with places, networks and NATs, for the optimiser's tests.
extension Swarms {
    /// How many classes of NATs there are in `mixed`; class 0 reaches all.
    private static let classCount = 20

    /// Viewers all over the world, with seats from none to 24, of 19 classes that cannot connect
    /// to 15 % of the classes; the source reaches all.
    static func mixed(_ viewers: Int, seed: UInt64 = 1) -> SwarmView {
        var random = SeededRandom(seed: seed)
        var view = equal(viewers, seed: random.next())
        for at in view.members.indices.dropFirst() {
            var place = SeededRandom(seed: UInt64(random.below(viewers / 6 + 1)))
            let (x, y) = (place.unit() * 150, place.unit() * 150)
            view.members[at].prefix = UInt64(place.below(256) << 8 | place.below(256))
            view.members[at].seats = [0, 4, 8, 8, 12, 24][random.below(6)]
            view.members[at].uptime = .seconds(random.below(7_200))
            view.members[at].coordinate = Coordinate(
                x: Float(x + random.unit() * 10),
                y: Float(y + random.unit() * 10),
                height: Float(2 + random.unit() * 20)
            )
            view.members[at].reach = UInt8(1 + random.below(classCount - 1))
        }
        view.reachability = Reachability(classCount: classCount) { low, _ in
            if low == 0 { return .direct }
            let grades: [Reachability.Grade] = [.hard, .easy, .direct]
            return random.below(100) < 15 ? .never : grades[random.below(3)]
        }
        return view
    }

    /// A swarm that some have left and as many have joined, its links as planned.
    static func churned(_ view: SwarmView, percent: Int, seed: UInt64) -> SwarmView {
        var random = SeededRandom(seed: seed)
        var result = view
        let count = view.members.count
        let leaving = (count - 1) * percent / 100
        for _ in 0..<leaving {
            result.members.remove(at: 1 + random.below(result.members.count - 1))
        }
        for var member in mixed(count, seed: seed &+ 1_000).members.suffix(leaving) {
            member.uptime = .zero
            result.members.append(member)
        }
        return result
    }

    /// A swarm after it has followed plans until they change nothing, or for ten epochs.
    static func rested(_ view: SwarmView) -> SwarmView {
        var view = view
        for _ in 0..<10 {
            var budget = WorkBudget.unlimited
            let outcome = Optimiser.chandelier.plan(view, budget: &budget)
            view = view.following(outcome.plan)
            if outcome.figures.moves + outcome.figures.repairs == 0 { break }
        }
        return view
    }
}
