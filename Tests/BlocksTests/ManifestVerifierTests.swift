import Basics
import Testing
import Wire

@testable import Blocks

@Suite struct ManifestVerifierTests {
    @Test("accepts a source's manifest once, and its copies as duplicates")
    func valid() throws {
        var studio = try Studio()
        var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
        let block = studio.seal()
        #expect(verifier.verify(block.manifestBytes) == .valid(block.manifest))
        #expect(verifier.verify(Bytes(block.manifestBytes.array)) == .duplicate)
        let empty = studio.seal(source: 0, repair: 0)
        #expect(verifier.verify(empty.manifestBytes) == .valid(empty.manifest))
    }

    @Test("rejects a manifest with any single bit changed")
    func bitFlips() throws {
        var studio = try Studio()
        let block = studio.seal(source: 1, repair: 0)
        for bit in 0..<(block.manifestBytes.count * 8) {
            var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
            var bytes = block.manifestBytes.array
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            switch verifier.verify(Bytes(bytes)) {
            case .malformed, .forged, .oldEpoch: break
            case .valid, .newEpoch, .fork, .duplicate: Issue.record("bit \(bit) may be changed")
            }
        }
    }

    @Test("rejects cut and random bytes without a trap")
    func garbage() throws {
        var studio = try Studio()
        var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
        let whole = studio.seal().manifestBytes
        for length in 0..<whole.count {
            #expect(verifier.verify(whole.slice(0, length)) == .malformed)
        }
        for index in 0..<200 {
            let noise = Studio.media(1, index, index)
            #expect(verifier.verify(noise) == .malformed)
        }
    }

    @Test("rejects another source, and the same source on another channel")
    func forged() throws {
        var studio = try Studio()
        var thief = try Studio(seed: 2)
        var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
        #expect(verifier.verify(thief.seal().manifestBytes) == .forged)
        var elsewhere = ManifestVerifier(channel: thief.channel, record: studio.record)
        #expect(elsewhere.verify(studio.seal().manifestBytes) == .forged)
    }

    @Test("accepts nobody when the record's key is no key")
    func noKey() throws {
        var studio = try Studio()
        var record = studio.record
        record.sourceKey = Bytes([1, 2, 3])
        var verifier = ManifestVerifier(channel: studio.channel, record: record)
        #expect(verifier.verify(studio.seal().manifestBytes) == .forged)
    }

    @Test("tells old and new epochs, and believes only the source about a new one")
    func epochs() throws {
        var studio = try Studio()
        studio.epoch = 5
        var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
        studio.epoch = 4
        #expect(verifier.verify(studio.seal().manifestBytes) == .oldEpoch)
        studio.epoch = 6
        let later = studio.seal()
        #expect(verifier.verify(later.manifestBytes) == .newEpoch(later.manifest))
        var thief = try Studio(seed: 2)
        thief.epoch = 6
        #expect(verifier.verify(thief.seal().manifestBytes) == .forged)
    }

    @Test("proves a fork with both manifests, once")
    func fork() throws {
        var studio = try Studio()
        var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
        let first = studio.seal()
        studio.jump(to: 0)
        let second = studio.seal(flags: .keyFrame)
        let proof = ForkEvidence(first: first.manifestBytes, second: second.manifestBytes)
        _ = verifier.verify(first.manifestBytes)
        #expect(verifier.verify(second.manifestBytes) == .fork(proof))
        #expect(verifier.verify(second.manifestBytes) == .fork(proof))
        #expect(verifier.verify(first.manifestBytes) == .duplicate)
        #expect(verifier.evidence == [proof])
    }

    @Test("keeps little evidence however often a source forks")
    func boundedEvidence() throws {
        var studio = try Studio()
        var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
        for size in 1...20 {
            studio.jump(to: 3)
            _ = verifier.verify(studio.seal(symbolSize: size).manifestBytes)
        }
        #expect(verifier.evidence.count == ManifestVerifier.evidenceMax)
    }

    @Test("links every manifest to the one before")
    func chain() throws {
        let studio = try Studio()
        var blocker = Blocker(studio.configuration, at: .origin)
        var blocks: [SealedBlock] = []
        for step in 1...5 { blocker.advance(to: .origin + .seconds(step), into: &blocks) }
        #expect(blocks.count == 5)
        #expect(blocks[0].manifest.previous == Bytes([UInt8](repeating: 0, count: 16)))
        for (before, after) in zip(blocks, blocks.dropFirst()) {
            let hash = Bytes(ChunkHash.truncated(of: before.manifestBytes))
            #expect(after.manifest.previous == hash)
        }
    }
}
