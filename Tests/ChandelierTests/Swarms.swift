import Basics
import Chandelier

/// Views for tests, all from a seed.
enum Swarms {
    static let source = PeerID(1)

    /// Viewers of equal speed, the longest member first, with identifiers like hashes of keys.
    static func equal(_ viewers: Int, seats: Int = 8, sourceSeats: Int = 15, seed: UInt64 = 1)
        -> SwarmView
    {
        var random = SeededRandom(seed: seed)
        var members = [
            SwarmView.Member(id: source, role: .source, seats: sourceSeats, prefix: 0)
        ]
        for index in 0..<viewers {
            var member = SwarmView.Member(
                id: PeerID(random.next()),
                role: .viewer,
                seats: seats,
                prefix: UInt64(index)
            )
            member.uptime = .seconds(10_000 - index)
            members.append(member)
        }
        return SwarmView(
            stripeCount: 8,
            source: source,
            members: members,
            stripeRate: .kilobits(125)
        )
    }

    /// Any swarm that may occur: odd speeds, partial needs, suspects, and links of all kinds,
    /// among them some to peers that are gone and some in circles.
    static func random(seed: UInt64) -> SwarmView {
        var random = SeededRandom(seed: seed)
        var view = equal(random.below(seed.isMultiple(of: 5) ? 300 : 40), seed: random.next())
        view.stripeCount = random.below(2) == 0 ? 8 : 16
        view.members[0].seats = random.below(3 * view.stripeCount)
        let seatsMax = 1 + random.below(40)
        let ids = view.members.map(\.id) + [PeerID(2), PeerID(3)]
        for index in view.members.indices.dropFirst() {
            view.members[index].seats = random.below(4) == 0 ? 0 : random.below(seatsMax)
            if random.below(5) == 0 {
                view.members[index].needs = UInt32(truncatingIfNeeded: random.next())
            }
            view.members[index].parents = (0..<view.stripeCount).map { _ in
                random.below(3) == 0 ? nil : ids[random.below(ids.count)]
            }
            while random.below(4) == 0 {
                view.members[index].suspects.append(ids[random.below(ids.count)])
            }
        }
        return view
    }

    /// A swarm without partial needs and suspects, where everybody can be fed if seats suffice.
    static func unrestricted(seed: UInt64) -> SwarmView {
        var view = random(seed: seed)
        for index in view.members.indices {
            view.members[index].needs = .max
            view.members[index].suspects = []
        }
        return view
    }
}

extension SwarmView {
    /// The view after everybody did what a plan says.
    func following(_ plan: Plan) -> SwarmView {
        var view = self
        for index in view.members.indices {
            var parents = [PeerID?](repeating: nil, count: stripeCount)
            for assignment in plan.parents[view.members[index].id] ?? [] {
                parents[assignment.stripe] = assignment.parent
            }
            view.members[index].parents = parents
        }
        return view
    }

    /// The view without some members.
    func without(_ gone: Set<PeerID>) -> SwarmView {
        var view = self
        view.members.removeAll { gone.contains($0.id) }
        return view
    }

    /// How many seats there are, the source's included.
    var seatsTotal: Int { members.reduce(0) { $0 + $1.seats } }

    func figures(_ plan: Plan) -> TreeFigures {
        TreeFigures(plan, source: source, stripeCount: stripeCount)
    }
}

extension SwarmView {
    /// The members' present parents as a plan would say them.
    var plannedParents: [PeerID: [Plan.Assignment]] {
        var plan: [PeerID: [Plan.Assignment]] = [:]
        for member in members where member.id != source {
            plan[member.id] = member.parents.enumerated().map {
                Plan.Assignment(stripe: $0.offset, parent: $0.element)
            }
        }
        return plan
    }
}

extension Plan {
    /// The parents only, which is what stability is about.
    var links: [PeerID: [PeerID?]] { parents.mapValues { $0.map(\.parent) } }

    /// How many stripes of each peer have another parent than in an earlier plan.
    func moves(since earlier: Plan) -> [PeerID: Int] {
        var moves: [PeerID: Int] = [:]
        for (peer, assignments) in parents {
            moves[peer] = assignments.count {
                earlier.assignment(of: peer, stripe: $0.stripe)?.parent != $0.parent
            }
        }
        return moves
    }

    /// The children of each peer in one stripe.
    func children(stripe: Int) -> [PeerID: [PeerID]] {
        var children: [PeerID: [PeerID]] = [:]
        for peer in peers {
            guard let parent = assignment(of: peer, stripe: stripe)?.parent else { continue }
            children[parent, default: []].append(peer)
        }
        return children
    }
}
