import Basics
import Testing

@testable import Overlay

@Suite("The redundancy loop")
struct RedundancyLoopTests {
    /// What a loop decides in so many seconds of a share of misses, at 80 ms there and back.
    private func decide(
        _ loop: inout RedundancyLoop,
        missed: Double,
        spare: Double,
        seconds: Int = 12
    ) {
        for _ in 0..<seconds {
            let now = loop.nextDeadline
            loop.observe(spare: spare, row: 8)
            loop.observe(missed: missed, roundTrip: .milliseconds(80), row: 8)
            loop.decide(at: now)
        }
    }

    @Test("where much is to spare, losses bring doubled manifests and a repair chunk")
    func ample() {
        var loop = RedundancyLoop(at: .origin)
        decide(&loop, missed: 0.04, spare: 0.5)
        #expect(loop.doublesManifests)
        #expect(loop.repairPerRow == 1)
    }

    @Test("where little is to spare, nothing goes twice, whatever is lost")
    func little() {
        var loop = RedundancyLoop(at: .origin)
        decide(&loop, missed: 0.04, spare: TrackerTie.spareLittle - 0.01)
        #expect(!loop.doublesManifests)
        #expect(loop.repairPerRow == 0)
    }

    @Test("manifests go once again as soon as uplinks are full, and repair chunks are taken back")
    func filled() {
        var loop = RedundancyLoop(at: .origin)
        decide(&loop, missed: 0.04, spare: 0.5)
        decide(&loop, missed: 0.04, spare: -0.1, seconds: 1)
        #expect(!loop.doublesManifests)
        #expect(loop.repairPerRow == 0)
    }

    @Test("without losses nothing is added")
    func calm() {
        var loop = RedundancyLoop(at: .origin)
        decide(&loop, missed: 0, spare: 1)
        #expect(!loop.doublesManifests)
        #expect(loop.repairPerRow == 0)
    }
}
