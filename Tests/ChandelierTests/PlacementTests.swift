import Basics
import Chandelier
import Testing

@Suite("Placement of known swarms")
struct PlacementTests {
    @Test("a single viewer gets every stripe from the source")
    func oneViewer() {
        let view = Swarms.equal(1)
        let figures = view.figures(Placement.plan(view))
        #expect(figures.degrees == [Swarms.source: 8])
        #expect(figures.unfed == 0)
    }

    @Test("a handful of viewers relay what the source has no seats for", arguments: 2...7)
    func fewViewers(count: Int) {
        let view = Swarms.equal(count)
        let figures = view.figures(Placement.plan(view))
        #expect(figures.unfed == 0)
        #expect(figures.degrees[Swarms.source] == 15)
        #expect((0..<8).allSatisfy { figures.depthMax(stripe: $0) <= 2 })
    }

    @Test("sixteen equal viewers: two per stripe feed the others, each in one stripe only")
    func sixteenViewers() {
        let view = Swarms.equal(16)
        let plan = Placement.plan(view)
        let figures = view.figures(plan)
        #expect(figures.unfed == 0)
        #expect(figures.degrees[Swarms.source] == 15)
        #expect(figures.distinctParents.values.allSatisfy { $0 >= 4 })
        for (peer, count) in figures.interiorStripes where peer != Swarms.source {
            #expect(count == 1)
        }
        for stripe in 0..<8 {
            var children = plan.children(stripe: stripe)
            let fed = children.removeValue(forKey: Swarms.source) ?? []
            #expect(children.count == 2)
            #expect(!fed.isEmpty && fed.allSatisfy { children[$0] != nil })
            #expect(figures.depthMax(stripe: stripe) == (fed.count == 2 ? 2 : 3))
            let counts = children.values.map(\.count).sorted()
            #expect((counts.last ?? 0) - (counts.first ?? 0) <= 1)
        }
    }

    @Test("sixteen viewers with seats to spare are at most two hops away")
    func sixteenFastViewers() {
        let view = Swarms.equal(16, seats: 100)
        let figures = view.figures(Placement.plan(view))
        #expect(figures.unfed == 0)
        #expect((0..<8).allSatisfy { figures.depthMax(stripe: $0) == 2 })
    }

    @Test("the fastest viewers are beside the source")
    func fastestFirst() {
        var view = Swarms.equal(60, seats: 4)
        let fast = view.members.indices.filter { $0 > 0 && $0 % 4 == 0 }
        for index in fast { view.members[index].seats = 64 }
        let plan = Placement.plan(view)
        let fastIDs = Set(fast.map { view.members[$0].id })
        for stripe in 0..<8 {
            let fed = plan.children(stripe: stripe)[Swarms.source] ?? []
            #expect(fed.contains { fastIDs.contains($0) })
        }
        #expect((0..<8).allSatisfy { view.figures(plan).depthMax(stripe: $0) <= 3 })
    }

    @Test("who joins takes the seats of leaves that left, and nobody else moves")
    func leavesReplaced() {
        var view = Swarms.equal(200, seats: 16)
        for member in view.members.indices.dropFirst() where member.isMultiple(of: 3) {
            view.members[member].seats = 0
        }
        view = Swarms.rested(view)
        let before = Plan(parents: view.plannedParents)
        let leaves = view.members.indices.filter { $0.isMultiple(of: 3) && $0 > 0 }.prefix(6)
        for (number, leaf) in leaves.enumerated() {
            var newcomer = view.members[leaf]
            newcomer.id = PeerID(UInt64(100 + number))
            newcomer.uptime = .zero
            newcomer.parents = []
            view.members[leaf] = newcomer
        }
        let after = Placement.plan(view)
        #expect(view.figures(after).unfed == 0)
        let moves = after.moves(since: before).filter { before.parents[$0.key] != nil }
        #expect(moves.values.reduce(0, +) == 0)
    }

    @Test("who has two seats fewer gives two children away, and does not take its tree down a row")
    func fewerSeats() {
        var view = Swarms.equal(200, seats: 9)
        for member in view.members.indices.dropFirst() where member.isMultiple(of: 2) {
            view.members[member].seats = 8
        }
        let before = Placement.plan(view)
        view = view.following(before)
        let slower = view.members.indices.dropFirst().filter { $0.isMultiple(of: 10) }
        for member in slower { view.members[member].seats = 7 }
        let after = Placement.plan(view)
        #expect(view.figures(after).unfed == 0)
        let moves = after.moves(since: before).values.reduce(0, +)
        #expect(moves <= 2 * slower.count, "\(moves) moves")
    }

    @Test("peers without seats are leaves, and short seats go to those with most of them")
    func shortage() {
        var view = Swarms.equal(40, seats: 0)
        for index in 1...10 { view.members[index].seats = 12 }
        let plan = Placement.plan(view)
        let figures = view.figures(plan)
        #expect(figures.unfed == 40 * 8 - view.seatsTotal)
        for member in view.members[1...10] {
            #expect(plan.parents[member.id]?.allSatisfy { $0.parent != nil } == true)
        }
        let fed = (0..<8).map { stripe in
            Set(
                view.members[11...].map(\.id).filter {
                    plan.assignment(of: $0, stripe: stripe)?.parent != nil
                }
            )
        }
        for first in fed {
            #expect(fed.allSatisfy { $0.isSubset(of: first) || $0.isSuperset(of: first) })
        }
    }

    @Test("without seats at the source nobody is fed, and nothing traps")
    func sourceWithoutSeats() {
        let view = Swarms.equal(5, sourceSeats: 0)
        #expect(view.figures(Placement.plan(view)).unfed == 40)
        let nobody = Swarms.equal(0)
        #expect(Placement.plan(nobody).parents.isEmpty)
    }

    @Test("losing every fourth joiner rarely takes both feeders of a stripe")
    func correlatedFailure() {
        var doubles = 0
        for seed in 1...100 {
            let view = Swarms.equal(16, seed: UInt64(seed))
            let plan = Placement.plan(view)
            let dead = Set(stride(from: 1, through: 16, by: 4).map { view.members[$0].id })
            for stripe in 0..<8 {
                let feeders = plan.children(stripe: stripe).keys.filter { $0 != Swarms.source }
                if feeders.allSatisfy(dead.contains) { doubles += 1 }
            }
        }
        // Random pairs of 16, of which 4 die: 8 · (4·3)/(16·15) = 0.4 stripes per swarm.
        #expect(doubles > 15 && doubles < 70)
    }

    @Test("backups are never the parent nor below, and the first ones are spread")
    func backups() {
        let view = Swarms.equal(100, seats: 12)
        let plan = Placement.plan(view)
        var firsts: [PeerID: Int] = [:]
        for stripe in 0..<8 {
            for (parent, children) in plan.children(stripe: stripe) where children.count > 3 {
                let chosen = children.compactMap {
                    plan.assignment(of: $0, stripe: stripe)?.backups.first
                }
                for backup in chosen { firsts[backup, default: 0] += 1 }
                #expect(Set(chosen).count > 1)
                #expect(!chosen.contains(parent))
            }
        }
        #expect((firsts.values.max() ?? 0) < 60)
    }
}
