import Basics
import Chandelier
import Testing

@Suite("TreeFigures")
struct TreeFiguresTests {
    private func figures(_ parents: [UInt64: UInt64?]) -> TreeFigures {
        var plan = Plan()
        for (peer, parent) in parents {
            plan.parents[PeerID(peer)] = [
                Plan.Assignment(stripe: 0, parent: parent.map(PeerID.init))
            ]
        }
        return TreeFigures(plan, source: PeerID(1), stripeCount: 1)
    }

    @Test("counts hops, children and parents")
    func chain() {
        let figures = figures([2: 1, 3: 2, 4: 2, 5: 4])
        #expect(figures.depths[0] == [PeerID(2): 1, PeerID(3): 2, PeerID(4): 2, PeerID(5): 3])
        #expect(figures.degrees == [PeerID(1): 1, PeerID(2): 2, PeerID(4): 1])
        #expect(figures.interiorStripes[PeerID(2)] == 1)
        #expect(figures.distinctParents[PeerID(5)] == 1)
        #expect(figures.depthMax(stripe: 0) == 3)
    }

    @Test("tells who has no parent and who goes in circles")
    func broken() {
        let figures = figures([2: 1, 3: nil, 4: 5, 5: 4, 6: 3])
        #expect(figures.unfed == 1)
        #expect(figures.disconnected == 3)
        #expect(figures.depths[0] == [PeerID(2): 1])
    }
}
