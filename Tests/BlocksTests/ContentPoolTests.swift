import Basics
import Testing
import Wire

@testable import Blocks

@Suite struct ContentPoolTests {
    private let now = Instant.origin + .seconds(10)
    private let from = PeerID(1)

    /// Whether two runs of bytes are in the same place.
    private func areShared(_ left: Bytes?, _ right: Bytes?) throws -> Bool {
        let (left, right) = (try #require(left), try #require(right))
        return left.withUnsafeBytes { one in
            right.withUnsafeBytes { $0.baseAddress == one.baseAddress }
        }
    }

    @Test("stores of one pool keep equal chunks and manifests once")
    func sharing() throws {
        var studio = try Studio()
        let block = studio.seal()
        let pool = ContentPool()
        var stores = [ChunkStore(pool: pool), ChunkStore(pool: pool), ChunkStore()]
        for at in stores.indices {
            let manifest = Bytes(Array(block.manifestBytes.array))
            let result = stores[at].insert(manifest: block.manifest, bytes: manifest, at: now)
            #expect(result.isNew)
            let chunk = Bytes([0] + block.chunks[2].array).suffix(from: 1)
            #expect(stores[at].insert(block.id(2), payload: chunk, from: from, at: now) == .stored)
            #expect(stores[at].chunk(block.id(2)) == block.chunks[2])
        }
        let chunks = stores.map { $0.chunk(block.id(2)) }
        #expect(try areShared(chunks[0], chunks[1]))
        #expect(try !areShared(chunks[0], chunks[2]))
        let manifests = stores.map { $0.manifestBytes(of: 0) }
        #expect(try areShared(manifests[0], manifests[1]))
    }

    @Test("what another store has verified makes nothing else good")
    func damaged() throws {
        var studio = try Studio()
        let block = studio.seal()
        let pool = ContentPool()
        for _ in 0..<2 {
            var store = ChunkStore(pool: pool)
            _ = store.insert(manifest: block.manifest, bytes: block.manifestBytes, at: now)
            let good = block.chunks[2]
            for byte in [0, good.count / 2, good.count - 1] {
                var bytes = good.array
                bytes[byte] ^= 1
                let bad = Bytes(bytes)
                #expect(store.insert(block.id(2), payload: bad, from: from, at: now) == .bad)
            }
            let short = good.slice(0, good.count - 1)
            #expect(store.insert(block.id(2), payload: short, from: from, at: now) == .bad)
            #expect(store.insert(block.id(3), payload: good, from: from, at: now) == .bad)
            #expect(store.insert(block.id(2), payload: good, from: from, at: now) == .stored)
        }
    }

    @Test("a block of the same number with another manifest is another block")
    func forked() throws {
        var (studio, other) = (try Studio(), try Studio())
        let (block, fork) = (studio.seal(), other.seal(source: 5))
        let pool = ContentPool()
        var (store, forked) = (ChunkStore(pool: pool), ChunkStore(pool: pool))
        _ = store.insert(manifest: block.manifest, bytes: block.manifestBytes, at: now)
        _ = forked.insert(manifest: fork.manifest, bytes: fork.manifestBytes, at: now)
        #expect(store.manifest(of: 0) == block.manifest && forked.manifest(of: 0) == fork.manifest)
        let chunk = block.chunks[6]
        #expect(store.insert(block.id(6), payload: chunk, from: from, at: now) == .stored)
        #expect(forked.insert(block.id(6), payload: chunk, from: from, at: now) == .bad)
    }

    @Test("verifiers of one pool come to the verdicts that they would come to alone")
    func verdicts() throws {
        var studio = try Studio()
        let thief = try Studio(seed: 9)
        let block = studio.seal()
        let pool = ContentPool()
        for _ in 0..<2 {
            var verifier = ManifestVerifier(
                channel: studio.channel,
                record: studio.record,
                pool: pool
            )
            var forged = block.manifestBytes.array
            forged[30] ^= 1
            #expect(verifier.verify(Bytes(forged)) == .forged)
            #expect(verifier.verify(block.manifestBytes) == .valid(block.manifest))
            #expect(verifier.verify(block.manifestBytes) == .duplicate)
            // What is known to be signed by one is not signed by another, nor for another channel.
            var elsewhere = ManifestVerifier(
                channel: thief.channel,
                record: studio.record,
                pool: pool
            )
            #expect(elsewhere.verify(block.manifestBytes) == .forged)
            var robbed = ManifestVerifier(
                channel: studio.channel,
                record: thief.record,
                pool: pool
            )
            #expect(robbed.verify(block.manifestBytes) == .forged)
        }
    }

    @Test("a block is completed as it would be alone")
    func completion() throws {
        var studio = try Studio()
        let block = studio.seal()
        let pool = ContentPool()
        var first = ChunkStore(pool: pool)
        _ = first.insert(manifest: block.manifest, bytes: block.manifestBytes, at: now)
        for index in 0..<7 where index != 4 {
            let chunk = block.chunks[index]
            _ = first.insert(block.id(index), payload: chunk, from: from, at: now)
            #expect(first.recover(block: 0).isEmpty)
        }
        let repair = block.chunks[7]
        #expect(first.insert(block.id(7), payload: repair, from: from, at: now) == .stored)
        #expect(first.recover(block: 0) == [block.id(4)])
        #expect(first.chunk(block.id(4)) == block.chunks[4])
    }
}
