import Basics
import Testing
import Wire

@testable import Blocks

@Suite struct BlockerTests {
    private var head: [UInt8] {
        Transport.association + Transport.program([(0x1B, Transport.videoPID)])[0]
    }
    private let picture = Transport.media(Transport.videoPID)
    private let key = Transport.media(Transport.videoPID, startsAccess: .yes)

    private func pictures(_ count: Int) -> [UInt8] { (0..<count).flatMap { _ in picture } }

    /// The media of some blocks, and nothing but sound blocks.
    private func media(_ blocks: [SealedBlock]) -> [UInt8] {
        blocks.flatMap { block in
            block.chunks.prefix(block.manifest.sourceCount).flatMap { $0.array }
        }
    }

    @Test("seals a block when its rows are full")
    func full() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        blocker.append(head + pictures(45), at: .origin, into: &blocks)
        #expect(blocks.isEmpty)
        blocker.append(picture, at: .origin, into: &blocks)
        #expect(blocks.map(\.manifest.sourceCount) == [8])
        #expect(blocks[0].chunks.allSatisfy { $0.count == 1_128 })
    }

    @Test("begins a block with a key frame and the tables before it")
    func keyFrame() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        let first = head + key + pictures(9)
        let second = head + key + pictures(4)
        blocker.append(first + second, at: .origin, into: &blocks)
        blocker.finish(at: .origin, into: &blocks)
        #expect(blocks.map(\.manifest.flags) == [.keyFrame, [.keyFrame, .end]])
        #expect(media([blocks[0]]) == first)
        #expect(media([blocks[1]]) == second)
        #expect(blocks[0].manifest.size(of: 1) == 6 * 188)
        #expect(blocks[0].manifest.lastSize == 6 * 188)
        #expect(blocks[1].manifest.symbolSize == 6 * 188)
        #expect(blocks[1].manifest.lastSize == 188)
    }

    @Test("keeps tables for the key frame when they end a full block")
    func tablesAtTheEnd() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        blocker.append(head + pictures(44) + head, at: .origin, into: &blocks)
        #expect(media(blocks) == head + pictures(44))
        blocker.append(key, at: .origin, into: &blocks)
        blocker.finish(at: .origin, into: &blocks)
        #expect(media([blocks[1]]) == head + key)
        #expect(blocks[1].manifest.flags == [.keyFrame, .end])
    }

    @Test("passes on a stream of nothing but tables")
    func onlyTables() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        let input = picture + (0..<300).flatMap { _ in Transport.association }
        blocker.append(input, at: .origin, into: &blocks)
        blocker.finish(at: .origin, into: &blocks)
        #expect(media(blocks) == input)
    }

    @Test("seals what it has 250 ms after the block's first byte")
    func spanMax() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        let start = Instant.origin + .milliseconds(100)
        blocker.append(picture, at: start, into: &blocks)
        #expect(blocker.nextDeadline == start + .milliseconds(250))
        blocker.append(picture, at: start + .milliseconds(249), into: &blocks)
        #expect(blocks.isEmpty)
        blocker.append(picture, at: start + .milliseconds(250), into: &blocks)
        #expect(blocks.map(\.manifest.mediaBytes) == [2 * 188])
        #expect(blocks[0].manifest.sentAt == start + .milliseconds(250))
        #expect(blocks[0].manifest.mediaTime == .zero)
        blocker.advance(to: start + .milliseconds(500), into: &blocks)
        #expect(blocks[1].manifest.mediaTime == .milliseconds(250))
    }

    @Test("sends a sign of life after 250 ms of silence, one at a time")
    func silence() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        blocker.advance(to: .origin + .milliseconds(249), into: &blocks)
        #expect(blocks.isEmpty)
        blocker.advance(to: .origin + .milliseconds(250), into: &blocks)
        blocker.advance(to: .origin + .seconds(60), into: &blocks)
        #expect(blocks.map(\.manifest.sourceCount) == [0, 0])
        #expect(blocks.allSatisfy { $0.chunks.isEmpty && $0.manifest.flags == [] })
        #expect(blocker.nextDeadline == .origin + .milliseconds(60_250))
    }

    @Test("takes a new redundancy with the next block")
    func redundancy() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        blocker.append(picture, at: .origin, into: &blocks)
        blocker.repairPerRow = 1
        blocker.doublesManifests = true
        blocker.append(pictures(47 + 42), at: .origin, into: &blocks)
        #expect(blocks.map(\.manifest.sourceCount) == [8, 7])
        #expect(blocks.map(\.manifest.repairCount) == [0, 1])
        #expect(blocks.allSatisfy { $0.manifest.flags == .doubled })
        blocker.repairPerRow = 9
        #expect(blocker.repairPerRow == 2)
    }

    @Test("flags a discontinuity at the next block with media")
    func discontinuity() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        blocker.append(picture, at: .origin, into: &blocks)
        blocker.markDiscontinuity(at: .origin, into: &blocks)
        blocker.advance(to: .origin + .milliseconds(250), into: &blocks)
        blocker.append(picture, at: .origin + .milliseconds(300), into: &blocks)
        blocker.append(picture, at: .origin + .milliseconds(600), into: &blocks)
        blocker.finish(at: .origin + .milliseconds(700), into: &blocks)
        #expect(blocks.map(\.manifest.flags) == [[], [], .discontinuity, .end])
    }

    @Test("does nothing after the end")
    func end() throws {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        blocker.finish(at: .origin, into: &blocks)
        #expect(blocks.map(\.manifest.flags) == [.end])
        blocker.append(picture, at: .origin + .seconds(1), into: &blocks)
        blocker.finish(at: .origin + .seconds(2), into: &blocks)
        blocker.advance(to: .origin + .seconds(3), into: &blocks)
        #expect(blocks.count == 1 && blocker.nextDeadline == nil)
    }

    @Test("gives back any input bit for bit, however it is cut", arguments: 1...20)
    func anyInput(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let parts = [head, key, picture, pictures(20), Transport.association]
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        var input: [UInt8] = []
        for step in 0..<400 {
            blocker.repairPerRow = random.below(3)
            var bytes = parts[random.below(parts.count)]
            if random.below(4) == 0 { bytes = Array(bytes.prefix(random.below(bytes.count))) }
            if random.below(9) == 0 { bytes = Studio.media(1, step, random.below(900)).array }
            input += bytes
            blocker.append(bytes, at: .origin + .milliseconds(step * 15), into: &blocks)
        }
        blocker.finish(at: .origin + .seconds(9), into: &blocks)
        #expect(media(blocks) == input)
        for (number, block) in blocks.enumerated() {
            #expect(try Manifest.parse(block.manifestBytes) == block.manifest)
            #expect(block.manifest.block == UInt32(number))
        }
        for (before, after) in zip(blocks, blocks.dropFirst()) {
            #expect(before.manifest.mediaTime <= after.manifest.mediaTime)
            #expect(before.manifest.sentAt <= after.manifest.sentAt)
        }
    }
}
