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

    @Test("tells of the block that it waits for when nothing but later ones does")
    func unknownAhead() throws {
        var view = try Screening(latency: .zero)
        let blocks = [view.make(.keyFrame), view.make(), view.make(), view.make()]
        view.show(blocks[0])
        #expect(view.playout.unknownAhead == nil)
        view.show(blocks[2])
        #expect(view.playout.unknownAhead == 1)
        view.show(blocks[1], without: [1])
        #expect(view.playout.unknownAhead == nil, "a chunk is missing, its manifest is not")
        view.bring(blocks[1], 1)
        #expect(view.played == [0, 1, 10, 11, 20, 21])
        #expect(view.playout.unknownAhead == nil)
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
