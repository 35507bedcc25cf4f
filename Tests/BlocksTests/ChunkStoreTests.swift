import Basics
import Testing
import Wire

@testable import Blocks

@Suite struct ChunkStoreTests {
    private let now = Instant.origin + .seconds(10)

    @Test("stores what the manifest promises and nothing else")
    func verified() throws {
        var studio = try Studio()
        let block = studio.seal()
        var store = ChunkStore()
        #expect(store.insert(manifest: block.manifest, bytes: block.manifestBytes, at: now).isNew)
        #expect(!store.insert(manifest: block.manifest, bytes: block.manifestBytes, at: now).isNew)
        let good = block.chunks[2]
        var broken = good.array
        broken[5] ^= 1
        let from = PeerID(1)
        #expect(store.insert(block.id(2), payload: Bytes(broken), from: from, at: now) == .bad)
        let short = good.slice(0, 31)
        #expect(store.insert(block.id(2), payload: short, from: from, at: now) == .bad)
        #expect(store.insert(block.id(3), payload: good, from: from, at: now) == .bad)
        #expect(store.insert(block.id(8), payload: good, from: from, at: now) == .bad)
        #expect(store.mask(of: 0) == 0)
        #expect(store.insert(block.id(2), payload: good, from: from, at: now) == .stored)
        #expect(store.insert(block.id(2), payload: good, from: from, at: now) == .duplicate)
        #expect(store.mask(of: 0) == 4)
        #expect(store.holds(block.id(2)) && !store.holds(block.id(3)))
        #expect(store.chunk(block.id(2)) == good)
        #expect(store.chunk(ChunkID(block: 0, index: 200)) == nil)
        #expect(store.bytesHeld == good.count + block.manifestBytes.count)
    }

    @Test("checks early chunks when their manifest comes and names who sent bad ones")
    func early() throws {
        var studio = try Studio()
        let block = studio.seal()
        var store = ChunkStore()
        let liar = PeerID(66)
        let forgery = Bytes([UInt8](repeating: 7, count: 32))
        #expect(store.insert(block.id(0), payload: forgery, from: liar, at: now) == .early)
        let honest = PeerID(1)
        let first = block.chunks[0]
        #expect(store.insert(block.id(0), payload: first, from: honest, at: now) == .early)
        #expect(store.insert(block.id(0), payload: first, from: honest, at: now) == .duplicate)
        let last = block.chunks[7]
        #expect(store.insert(block.id(7), payload: last, from: honest, at: now) == .early)
        #expect(store.mask(of: 0) == 0 && store.chunk(block.id(0)) == nil)
        let result = store.insert(
            manifest: block.manifest,
            bytes: block.manifestBytes,
            at: now
        )
        #expect(result.stored == [block.id(0), block.id(7)])
        #expect(result.bad == [ChunkStore.BadChunk(id: block.id(0), from: liar)])
        #expect(store.chunk(block.id(0)) == first)
        #expect(store.earlyCount == 0)
    }

    @Test("lets no neighbour fill the places of early chunks")
    func earlyBounds() throws {
        var studio = try Studio()
        let block = studio.seal()
        var store = ChunkStore()
        let honest = PeerID(1)
        let chunk = block.chunks[0]
        #expect(store.insert(block.id(0), payload: chunk, from: honest, at: now) == .early)
        for number in 0..<2_000 {
            let id = ChunkID(block: UInt32(100 + number / 64), index: UInt8(number % 64))
            let flooder = PeerID(UInt64(2 + number % 3))
            _ = store.insert(id, payload: Bytes([1]), from: flooder, at: now)
            #expect(store.earlyCount <= EarlyChunks.chunksMax)
        }
        let result = store.insert(
            manifest: block.manifest,
            bytes: block.manifestBytes,
            at: now
        )
        #expect(result.stored == [block.id(0)])
    }

    @Test("refuses early chunks that no manifest can promise")
    func impossibleEarly() {
        var store = ChunkStore()
        let id = ChunkID(block: 3, index: 1)
        let huge = Bytes([UInt8](repeating: 0, count: Manifest.symbolMax + 1))
        #expect(store.insert(id, payload: huge, from: PeerID(1), at: now) == .bad)
        #expect(store.insert(id, payload: .empty, from: PeerID(1), at: now) == .bad)
        let beyond = ChunkID(block: 3, index: 64)
        #expect(store.insert(beyond, payload: Bytes([1]), from: PeerID(1), at: now) == .bad)
    }

    @Test("keeps at most so many blocks")
    func blockBound() throws {
        var limits = ChunkStore.Limits()
        limits.blocks = 10
        limits.span = .seconds(1_000)
        var studio = try Studio()
        var store = ChunkStore(limits)
        let first = studio.seal()
        store.fill(first, at: now)
        for _ in 0..<30 { store.fill(studio.seal(), at: now) }
        #expect(store.blocks == 21...30)
        #expect(
            store.insert(first.id(0), payload: first.chunks[0], from: PeerID(1), at: now) == .old
        )
        #expect(!store.insert(manifest: first.manifest, bytes: first.manifestBytes, at: now).isNew)
        studio.jump(to: 4_000_000_000)
        store.fill(studio.seal(), at: now)
        #expect(store.blocks == 4_000_000_000...4_000_000_000)
        #expect(store.blockCount == 1)
    }

    @Test("keeps at most so much media time")
    func spanBound() throws {
        var limits = ChunkStore.Limits()
        limits.span = .seconds(2)
        var studio = try Studio()
        var store = ChunkStore(limits)
        for _ in 0..<50 { store.fill(studio.seal(), at: now) }
        #expect(store.blocks == 29...49)
    }

    @Test("keeps at most so many bytes and counts them right")
    func byteBound() throws {
        var limits = ChunkStore.Limits()
        limits.bytes = 10_000
        var studio = try Studio()
        var store = ChunkStore(limits)
        for _ in 0..<100 {
            store.fill(studio.seal(symbolSize: 100), at: now)
            #expect(store.bytesHeld <= limits.bytes)
        }
        var bytes = 0
        for block in try #require(store.blocks) {
            bytes += store.manifestBytes(of: block)?.count ?? 0
            for index in 0..<8 {
                bytes += store.chunk(ChunkID(block: block, index: UInt8(index)))?.count ?? 0
            }
        }
        #expect(store.bytesHeld == bytes && bytes > 8_000)
        store.discard(below: .max)
        #expect(store.bytesHeld == 0 && store.blocks == nil)
    }

    @Test("takes older history within the window")
    func history() throws {
        var studio = try Studio()
        let blocks = (0..<8).map { _ in studio.seal() }
        var store = ChunkStore()
        for block in blocks.reversed() { store.fill(block, at: now) }
        #expect(store.blocks == 0...7 && store.blockCount == 8)
    }

    @Test("recovers a block from any k chunks and says which chunks are new")
    func recovery() throws {
        var studio = try Studio()
        let block = studio.seal(source: 6, repair: 2)
        var store = ChunkStore()
        store.fill(block, without: [1, 4, 7], at: now)
        #expect(store.recover(block: 0).isEmpty && !store.isRecoverable(0))
        _ = store.insert(block.id(7), payload: block.chunks[7], from: PeerID(1), at: now)
        #expect(store.isRecoverable(0) && !store.isComplete(0))
        #expect(store.recover(block: 0) == [block.id(1), block.id(4)])
        #expect(store.isComplete(0) && !store.isRecoverable(0))
        for index in 0..<8 { #expect(store.chunk(block.id(index)) == block.chunks[index]) }
        #expect(store.recover(block: 0).isEmpty)
    }

    @Test("makes the missing repair chunks of a complete block")
    func repairChunks() throws {
        var studio = try Studio()
        let block = studio.seal(source: 6, repair: 2)
        var store = ChunkStore()
        store.fill(block, without: [6, 7], at: now)
        #expect(store.isComplete(0))
        #expect(store.recover(block: 0) == [block.id(6), block.id(7)])
        #expect(store.chunk(block.id(7)) == block.chunks[7])
    }

    @Test("never stores a decoded chunk that the manifest does not promise")
    func inconsistent() throws {
        let studio = try Studio()
        let source = (0..<4).map { Studio.media(0, $0, 32) }
        let wrong = [Studio.media(9, 9, 32)]
        let block = SealedBlock(
            Manifest(),
            source: source,
            repair: wrong,
            signer: (studio.key, studio.channel)
        )
        var store = ChunkStore()
        store.fill(block, without: [2], at: now)
        #expect(store.recover(block: 0).isEmpty)
        #expect(store.chunk(block.id(2)) == nil && !store.isRecoverable(0))
    }

    @Test("finds the newest key frame of an age, by arrival or by media time")
    func keyFrames() throws {
        var studio = try Studio()
        var store = ChunkStore()
        #expect(store.newestKeyFrame(atLeast: .zero, at: now) == nil)
        for number in 0..<40 {
            let block = studio.seal(flags: number % 10 == 3 ? .keyFrame : [])
            store.fill(block, at: .origin + .milliseconds(100 * number))
        }
        let live = Instant.origin + .milliseconds(3_900)
        #expect(store.newestKeyFrame(atLeast: .zero, at: live) == 33)
        #expect(store.newestKeyFrame(atLeast: .seconds(1), at: live) == 23)
        #expect(store.newestKeyFrame(atLeast: .seconds(1), at: live + .seconds(1)) == 33)
        #expect(store.newestKeyFrame(atLeast: .seconds(60), at: live) == 3)
        var burst = ChunkStore()
        var again = try Studio()
        for number in 0..<40 {
            burst.fill(again.seal(flags: number % 10 == 3 ? .keyFrame : []), at: live)
        }
        #expect(burst.newestKeyFrame(atLeast: .seconds(1), at: live) == 23)
    }
}
