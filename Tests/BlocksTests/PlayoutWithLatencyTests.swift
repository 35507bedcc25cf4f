import Basics
import Testing
import Wire

@testable import Blocks

@Suite("PlayoutBuffer with latency") struct PlayoutWithLatencyTests {
    private func started() throws -> Screening {
        var view = try Screening(latency: .seconds(1))
        view.show(view.make(.keyFrame))
        return view
    }

    @Test("hands a block over when it is due, never before")
    func due() throws {
        var view = try started()
        view.show(view.make())
        #expect(view.playout.nextDeadline == .origin + .seconds(1))
        view.wait(until: 999)
        #expect(view.played == [])
        view.wait(until: 1_000)
        #expect(view.played == [0, 1])
        view.wait(until: 1_099)
        #expect(view.played == [0, 1])
        view.wait(until: 1_100)
        #expect(view.played == [0, 1, 10, 11])
        #expect(view.figures.startupAt == .origin + .seconds(1))
    }

    @Test("skips to the next key frame when a chunk is missing at its deadline")
    func hole() throws {
        var view = try started()
        let blocks = [view.make(), view.make(), view.make(.keyFrame)]
        view.show(blocks[0], without: [1])
        view.show(blocks[1])
        view.show(blocks[2])
        view.wait(until: 1_100)
        #expect(view.played == [0, 1, 10])
        #expect(view.figures.skips == 1 && view.figures.stalls == 1)
        view.wait(until: 1_299)
        #expect(view.played == [0, 1, 10])
        view.wait(until: 1_300)
        #expect(view.played == [0, 1, 10, 30, 31])
        #expect(view.deliveries[3].isDiscontinuity && view.deliveries[3].startsKeyFrame)
        #expect(view.figures.chunksDue == 8 && view.figures.chunksInTime == 7)
    }

    @Test("does not halt when the next block is a key frame that is due")
    func seamless() throws {
        var view = try started()
        let blocks = [view.make(), view.make(.keyFrame)]
        view.show(blocks[1])
        view.wait(until: 1_200)
        #expect(view.played == [0, 1, 20, 21])
        #expect(view.figures.skips == 1 && view.figures.stalls == 0)
    }

    @Test("starts at the newest key frame that is due and whole up to now")
    func lateJoin() throws {
        var view = try Screening(latency: .seconds(1))
        let blocks = (0..<20).map { view.make($0 % 5 == 0 ? .keyFrame : []) }
        view.now = .origin + .milliseconds(1_950)
        for block in blocks { view.describe(block) }
        for block in blocks.dropFirst(5) where block.manifest.block != 7 {
            for index in 0..<2 { view.bring(block, index) }
        }
        #expect(view.played == [], "block 7 is due and on its way")
        for index in 0..<2 { view.bring(blocks[7], index) }
        #expect(view.played == [50, 51, 60, 61, 70, 71, 80, 81, 90, 91])
        view.wait(until: 2_050)
        #expect(view.played.suffix(2) == [100, 101])
        #expect(view.figures.skips == 0 && view.figures.continuity == 1)
    }

    @Test("plays what was missing when it comes late rather than waiting for a key frame")
    func lateKeyFrame() throws {
        var view = try started()
        let blocks = [view.make(.keyFrame), view.make(), view.make()]
        view.show(blocks[0], without: [0])
        view.show(blocks[1])
        view.show(blocks[2])
        view.wait(until: 1_150)
        #expect(view.played == [0, 1])
        view.bring(blocks[0], 0)
        #expect(view.played == [0, 1])
        view.wait(until: 4_000)
        #expect(view.figures.skips == 1)
    }

    @Test("runs dry once when nothing comes any more, but not at the end of the stream")
    func starvation() throws {
        var view = try started()
        view.wait(until: 1_499)
        #expect(view.figures.stalls == 0)
        view.wait(until: 60_000)
        #expect(view.figures.stalls == 1)
        var ended = try Screening(latency: .seconds(1))
        ended.show(ended.make([.keyFrame, .end]))
        ended.wait(until: 60_000)
        #expect(ended.played == [0, 1] && ended.figures.stalls == 0)
    }

    @Test("measures what is held ahead of the playout point")
    func ahead() throws {
        var view = try started()
        for number in 1..<10 { view.show(view.make(), without: number == 6 ? [0] : []) }
        view.wait(until: 1_000)
        #expect(view.figures.bufferAhead == .milliseconds(500))
        view.wait(until: 1_300)
        #expect(view.figures.bufferAhead == .milliseconds(200))
        view.wait(until: 2_000)
        #expect(view.figures.bufferAhead == .zero)
    }

    @Test("says nothing of continuity before anything was due")
    func unknown() throws {
        let view = try Screening(latency: .seconds(1))
        #expect(view.figures.continuity == nil && view.figures.pictureContinuity == nil)
    }
}
