import Basics
import Chandelier
import Testing

@Suite("Placement of random swarms")
struct PlacementPropertyTests {
    @Test("no cycle, no seat taken twice, nobody below a suspect", arguments: 1...200)
    func soundness(seed: UInt64) {
        let view = Swarms.random(seed: seed)
        expectSound(Placement.plan(view), view)
    }

    @Test("everybody is fed when seats suffice", arguments: 1...200)
    func feedsAll(seed: UInt64) {
        var view = Swarms.unrestricted(seed: seed)
        let demand = (view.members.count - 1) * view.stripeCount
        view.members[0].seats = max(view.members[0].seats, view.stripeCount)
        if let last = view.members.indices.last, last > 0, view.seatsTotal < demand {
            view.members[last].seats += demand - view.seatsTotal
        }
        let plan = Placement.plan(view)
        expectSound(plan, view)
        #expect(view.figures(plan).unfed == 0)
    }

    @Test("no seat stays empty while somebody waits", arguments: 1...100)
    func usesEverySeat(seed: UInt64) {
        var view = Swarms.unrestricted(seed: seed)
        view.members[0].seats = max(view.members[0].seats, view.stripeCount)
        let demand = (view.members.count - 1) * view.stripeCount
        let unfed = view.figures(Placement.plan(view)).unfed
        #expect(unfed == max(0, demand - view.seatsTotal))
    }

    @Test("the order of the members does not matter", arguments: 1...50)
    func permutation(seed: UInt64) {
        let view = Swarms.random(seed: seed)
        var random = SeededRandom(seed: seed)
        var shuffled = view
        shuffled.members.shuffle(using: &random)
        #expect(Placement.plan(view) == Placement.plan(shuffled))
    }

    @Test("a plan for a fresh swarm, once followed, is left alone", arguments: 1...100)
    func stability(seed: UInt64) {
        var view = Swarms.unrestricted(seed: seed)
        for index in view.members.indices { view.members[index].parents = [] }
        let plan = Placement.plan(view)
        #expect(Placement.plan(view.following(plan)).links == plan.links)
    }

    @Test("any swarm comes to rest within a few plans", arguments: 1...100)
    func convergence(seed: UInt64) {
        var view = Swarms.random(seed: seed)
        var plan = Placement.plan(view)
        var plans = 1
        while plans < 20 {
            view = view.following(plan)
            let next = Placement.plan(view)
            if next.links == plan.links { break }
            plan = next
            plans += 1
        }
        #expect(plans < 20)
    }

    @Test("no peer loses more links that work than a plan may replace", arguments: 1...100)
    func fewMoves(seed: UInt64) {
        var view = Swarms.equal(40, seats: 9, seed: seed)
        view = view.following(Placement.plan(view))
        var random = SeededRandom(seed: seed)
        for index in view.members.indices.dropFirst() {
            view.members[index].seats += random.below(60)
        }
        let before = Plan(parents: view.plannedParents)
        let moves = Placement.plan(view).moves(since: before)
        #expect(moves.values.allSatisfy { $0 <= view.movesMax })
    }

    @Test("the departure of one peer moves its children and few others", arguments: 1...30)
    func churn(seed: UInt64) {
        let view = Swarms.equal(100, seats: 20, seed: seed)
        let plan = Placement.plan(view)
        let settled = view.following(plan)
        let gone = view.members[1 + Int(seed)].id
        let orphans = view.figures(plan).degrees[gone] ?? 0
        let moves = Placement.plan(settled.without([gone])).moves(since: plan)
        #expect(moves.values.reduce(0, +) <= orphans + 12)
    }

    @Test("the death of four of sixteen leaves everybody fed", arguments: 1...30)
    func burst(seed: UInt64) {
        let view = Swarms.equal(16, seats: 9, seed: seed)
        let plan = Placement.plan(view)
        let settled = view.following(plan)
        let gone = Set(settled.members[1...4].map(\.id))
        let next = Placement.plan(settled.without(gone))
        #expect(settled.without(gone).figures(next).unfed == 0)
        for (peer, assignments) in next.parents {
            let replaced = assignments.count { assignment in
                let before = plan.assignment(of: peer, stripe: assignment.stripe)?.parent
                return before != assignment.parent && before.map { !gone.contains($0) } ?? false
            }
            #expect(replaced <= view.movesMax)
        }
    }

    @Test("a swarm that grew one by one is as shallow as a fresh one", arguments: [12, 16, 40])
    func growth(count: Int) {
        let full = Swarms.equal(count, seats: 20)
        var view = full.without(Set(full.members.dropFirst(2).map(\.id)))
        var plan = Placement.plan(view)
        for member in full.members.dropFirst(2) {
            view.members.append(member)
            plan = Placement.plan(view)
            view = view.following(plan)
        }
        for _ in 0..<8 {
            plan = Placement.plan(view)
            view = view.following(plan)
        }
        let grown = view.figures(plan)
        let fresh = full.figures(Placement.plan(full))
        for stripe in 0..<8 {
            #expect(grown.depthMax(stripe: stripe) <= fresh.depthMax(stripe: stripe))
        }
        #expect(grown.unfed == 0)
        #expect(grown.distinctParents.values.allSatisfy { $0 >= 4 })
    }

    private func expectSound(_ plan: Plan, _ view: SwarmView) {
        let figures = view.figures(plan)
        #expect(figures.disconnected == 0)
        for member in view.members {
            #expect((figures.degrees[member.id] ?? 0) <= member.seats)
            for assignment in plan.parents[member.id] ?? [] {
                let named = [assignment.parent].compactMap { $0 } + assignment.backups
                #expect(member.needs >> UInt32(assignment.stripe) & 1 == 1)
                #expect(Set(named).count == named.count)
                #expect(!named.contains(member.id))
                #expect(!named.contains { member.suspects.contains($0) })
                #expect(!named.contains(PeerID(2)) && !named.contains(PeerID(3)))
                expectNotBelow(assignment, member.id, plan)
            }
        }
    }

    /// No backup hangs from the peer that it is for.
    private func expectNotBelow(_ assignment: Plan.Assignment, _ peer: PeerID, _ plan: Plan) {
        for backup in assignment.backups {
            var ancestor: PeerID? = backup
            var hops = 0
            while let next = ancestor, next != peer, hops < 1_000 {
                ancestor = plan.assignment(of: next, stripe: assignment.stripe)?.parent
                hops += 1
            }
            #expect(ancestor == nil)
        }
    }
}
