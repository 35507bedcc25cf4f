import Basics
import Testing
import Wire

@testable import Blocks

@Suite("PlayoutBuffer without latency") struct PlayoutAtOnceTests {
    @Test("hands over chunk by chunk, in order, from a key frame on")
    func inOrder() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(), view.make(.keyFrame), view.make()]
        view.show(blocks[0])
        #expect(view.played == [])
        view.describe(blocks[1])
        view.bring(blocks[1], 1)
        #expect(view.played == [])
        view.bring(blocks[1], 0)
        #expect(view.played == [10, 11])
        view.show(blocks[2])
        #expect(view.played == [10, 11, 20, 21])
        #expect(view.deliveries[0].startsKeyFrame && !view.deliveries[1].startsKeyFrame)
        #expect(view.deliveries.allSatisfy { !$0.isDiscontinuity })
        #expect(view.deliveries[2].bytes == blocks[2].chunks[0])
        #expect(view.deliveries[2].mediaTime == .milliseconds(200))
        #expect(view.figures.startupAt == .origin)
        #expect(view.figures.playoutPoint == blocks[2].id(1))
    }

    @Test("starts at the newest key frame whose first chunk is there")
    func newest() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make(.keyFrame), view.make(.keyFrame)]
        for block in blocks.prefix(2) {
            _ = view.store.insert(
                manifest: block.manifest,
                bytes: block.manifestBytes,
                at: view.now
            )
            view.playout.note(manifest: block.manifest, dueBase: .origin, at: view.now)
            let payload = block.chunks[0]
            _ = view.store.insert(block.id(0), payload: payload, from: PeerID(1), at: view.now)
        }
        view.describe(blocks[2])
        #expect(view.played == [10])
    }

    @Test("gives a chunk up 1 s after its block was first seen, and goes on at a key frame")
    func patience() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make(), view.make(), view.make(.keyFrame)]
        view.show(blocks[0])
        view.wait(until: 100)
        view.show(blocks[1], without: [1])
        view.wait(until: 300)
        view.show(blocks[2])
        view.show(blocks[3])
        view.wait(until: 1_099)
        #expect(view.played == [0, 1, 10])
        view.wait(until: 1_100)
        #expect(view.played == [0, 1, 10, 30, 31])
        #expect(view.deliveries.map(\.isDiscontinuity) == [false, false, false, true, false])
        #expect(view.figures.skips == 1 && view.figures.stalls == 1)
        view.wait(until: 2_000)
        #expect(view.figures.chunksDue == 8 && view.figures.chunksInTime == 7)
        #expect(view.figures.pictureDue == .milliseconds(300))
        #expect(view.figures.pictureDone == .milliseconds(150))
    }

    @Test("waits for a chunk that comes within the second")
    func repaired() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make()]
        view.show(blocks[0], without: [1])
        view.show(blocks[1])
        view.wait(until: 900)
        view.bring(blocks[0], 1)
        #expect(view.played == [0, 1, 10, 11])
        view.wait(until: 3_000)
        #expect(view.figures.skips == 0 && view.figures.stalls == 1)
        #expect(view.figures.continuity == 1)
    }

    @Test("treats a manifest that never comes as a hole, 1 s after a later one was seen")
    func missingManifest() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make(), view.make(.keyFrame)]
        view.show(blocks[0])
        view.wait(until: 500)
        view.show(blocks[2])
        view.wait(until: 1_499)
        #expect(view.played == [0, 1])
        view.wait(until: 1_500)
        #expect(view.played == [0, 1, 20, 21])
        view.wait(until: 3_000)
        #expect(view.figures.chunksDue == 6 && view.figures.chunksInTime == 4)
        #expect(view.figures.pictureDue == .milliseconds(200))
        #expect(view.figures.pictureDone == .milliseconds(100))
    }

    @Test("passes empty blocks in silence")
    func empty() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make(source: 0), view.make()]
        for block in blocks { view.show(block) }
        #expect(view.played == [0, 1, 20, 21])
        #expect(view.figures.chunksDue == 4 && view.figures.skips == 0)
    }

    @Test("does not stall while the source is silent")
    func silence() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make()]
        view.show(blocks[0])
        view.wait(until: 60_000)
        view.show(blocks[1])
        #expect(view.played == [0, 1, 10, 11] && view.figures.stalls == 0)
    }

    @Test("counts one stall per halt")
    func stalls() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make(), view.make()]
        view.show(blocks[0])
        view.describe(blocks[1])
        view.wait(until: 249)
        #expect(view.figures.stalls == 0)
        view.wait(until: 800)
        #expect(view.figures.stalls == 1)
        view.bring(blocks[1], 0)
        view.bring(blocks[1], 1)
        view.describe(blocks[2])
        view.wait(until: 1_700)
        #expect(view.figures.stalls == 2)
    }

    @Test("tells of the source's own discontinuities")
    func marked() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make([.keyFrame, .discontinuity])]
        for block in blocks { view.show(block) }
        #expect(view.deliveries.map(\.isDiscontinuity) == [false, false, true, false])
    }

    @Test("survives any block number")
    func extremes() throws {
        var view = try Screening(latency: .zero)
        view.show(view.make(.keyFrame))
        for block in [3_000_000_000, .max, .max - 1, 7] as [UInt32] {
            var manifest = Manifest()
            manifest.block = block
            manifest.mediaTime = TimeSpan(nanoseconds: block == 7 ? .min : .max)
            manifest.sentAt = .distantFuture
            view.playout.note(manifest: manifest, dueBase: .distantFuture, at: view.now)
            view.release()
        }
        view.wait(until: 10_000)
        #expect(view.played == [0, 1])
        #expect(view.figures.chunksDue < 10_000)
    }
}

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
