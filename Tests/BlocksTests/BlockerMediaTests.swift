import Basics
import Testing
import Wire

@testable import Blocks

/// The blocker with what an encoder really sends.
@Suite struct BlockerMediaTests {
    /// Feeds a stream of five seconds at an even pace, in datagrams of seven packets.
    private func blocks(of input: [UInt8], repairPerRow: Int) throws -> [SealedBlock] {
        var blocker = Blocker(try Studio().configuration, at: .origin)
        blocker.repairPerRow = repairPerRow
        var blocks: [SealedBlock] = []
        for at in stride(from: 0, to: input.count, by: 7 * 188) {
            let now = Instant.origin + .seconds(5 * Double(at) / Double(input.count))
            while let due = blocker.nextDeadline, due <= now {
                blocker.advance(to: due, into: &blocks)
            }
            blocker.append(
                Array(input[at..<min(at + 7 * 188, input.count)]),
                at: now,
                into: &blocks
            )
        }
        blocker.finish(at: .origin + .seconds(5), into: &blocks)
        return blocks
    }

    private func packets(_ block: SealedBlock) -> [ArraySlice<UInt8>] {
        let media = block.chunks.prefix(block.manifest.sourceCount).flatMap { $0.array }
        return stride(from: 0, to: media.count, by: 188).map { media[$0..<($0 + 188)] }
    }

    @Test("begins a block with every key frame, tables first, and loses no bit", arguments: 0...2)
    func video(repairPerRow: Int) async throws {
        let input = try await Transport.encoded(
            Transport.picture + Transport.tone + Transport.video
                + ["-c:a", "aac", "-mpegts_flags", "+pat_pmt_at_frames"]
        )
        let blocks = try blocks(of: input, repairPerRow: repairPerRow)
        #expect(blocks.flatMap { packets($0).flatMap { Array($0) } } == input)
        let all = stride(from: 0, to: input.count, by: 188).map { input[$0..<($0 + 188)] }
        let keys = all.filter { Transport.isKey($0) }.count
        #expect(keys == 5)
        #expect(blocks.filter { $0.manifest.flags.contains(.keyFrame) }.count == keys)
        for block in blocks {
            let keyAt = packets(block).firstIndex { Transport.isKey($0) }
            let isKeyFrame = block.manifest.flags.contains(.keyFrame)
            #expect((keyAt != nil) == isKeyFrame)
            guard let keyAt else { continue }
            let lead = packets(block).prefix(keyAt).map { Transport.pid($0) }
            #expect(lead.contains(0) && lead.contains(Transport.programPID))
            #expect(lead.allSatisfy { [0, 0x11, Transport.programPID].contains($0) })
        }
    }

    @Test("signs blocks of about 100 ms that survive the loss of a stripe")
    func sound() async throws {
        let input = try await Transport.encoded(Transport.picture + Transport.video)
        let studio = try Studio()
        var verifier = ManifestVerifier(channel: studio.channel, record: studio.record)
        let blocks = try blocks(of: input, repairPerRow: 1)
        #expect(blocks.count > 40 && blocks.count < 120)
        for block in blocks {
            let manifest = block.manifest
            #expect(verifier.verify(block.manifestBytes) == .valid(manifest))
            #expect(block.manifestBytes.count <= 1_200)
            let isExact = block.chunks.indices.allSatisfy { index in
                block.chunks[index].count == manifest.size(of: index)
            }
            #expect(isExact)
            for stripe in 0..<8 where manifest.sourceCount > 0 {
                let chunks = block.chunks.indices.map { $0 % 8 == stripe ? nil : block.chunks[$0] }
                let decoded = Erasure.decode(
                    manifest: manifest,
                    chunks: chunks,
                    recreating: .everything
                )
                #expect(decoded == block.chunks)
            }
        }
    }

    @Test("measures the rate")
    func rate() async throws {
        let input = try await Transport.encoded(
            Transport.picture + Transport.video + ["-muxrate", "2M"]
        )
        var blocker = Blocker(try Studio().configuration, at: .origin)
        var blocks: [SealedBlock] = []
        let span = Double(input.count) * 8 / 2e6
        for at in stride(from: 0, to: input.count, by: 7 * 188) {
            let now = Instant.origin + .seconds(span * Double(at) / Double(input.count))
            blocker.append(
                Array(input[at..<min(at + 7 * 188, input.count)]),
                at: now,
                into: &blocks
            )
        }
        let rate = try #require(blocker.mediaRate)
        #expect(abs(Double(rate.bitsPerSecond) - 2e6) < 5e4)
        #expect(blocks.contains { $0.manifest.sourceCount >= 16 })
    }

    @Test("makes blocks of a stream without video that players may start at")
    func audio() async throws {
        let input = try await Transport.encoded(Transport.tone + ["-c:a", "aac"])
        let blocks = try blocks(of: input, repairPerRow: 0)
        #expect(blocks.flatMap { packets($0).flatMap { Array($0) } } == input)
        let starts = blocks.filter { $0.manifest.flags.contains(.keyFrame) }
        #expect(starts.count >= 10)
        for block in starts {
            let first = packets(block).first {
                Transport.pid($0) > 0x14 && Transport.pid($0) != 0x1000
            }
            #expect(first.map { Transport.isKey($0, on: 0x100) } == true)
        }
    }
}
