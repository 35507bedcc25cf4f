import Basics
import CISAL
import Testing
import Wire

@testable import Blocks

@Suite struct ErasureTests {
    private func media(_ count: Int, size: Int, last: Int) -> [Bytes] {
        (0..<count).map { Studio.media(9, $0, $0 == count - 1 ? last : size) }
    }

    private func manifest(_ source: [Bytes], _ repair: Int) -> Manifest {
        var manifest = Manifest()
        manifest.sourceCount = source.count
        manifest.repairCount = repair
        manifest.symbolSize = source.first?.count ?? 0
        manifest.lastSize = source.last?.count ?? 0
        return manifest
    }

    /// Every set of at most `most` of `count` indexes.
    private func subsets(of count: Int, most: Int) -> [Set<Int>] {
        (0..<(1 << count)).filter { $0.nonzeroBitCount <= most }.map { bits in
            Set((0..<count).filter { bits >> $0 & 1 == 1 })
        }
    }

    @Test(
        "recovers from every loss of at most r chunks",
        arguments: [(1, 1), (2, 2), (3, 1), (4, 4), (7, 1), (6, 3), (8, 4)]
    )
    func everyLoss(count: Int, repair: Int) throws {
        let source = media(count, size: 40, last: 17 * min(1, count - 1) + 40 * max(0, 2 - count))
        let coded = Erasure.encode(source, repairCount: repair, symbolSize: 40)
        #expect(coded.count == repair)
        let all = source + coded
        for lost in subsets(of: all.count, most: repair) {
            let chunks = all.indices.map { lost.contains($0) ? nil : all[$0] }
            let decoded = try #require(
                Erasure.decode(
                    manifest: manifest(source, repair),
                    chunks: chunks,
                    recreating: .everything
                )
            )
            #expect(decoded == all)
        }
    }

    @Test("recovers random losses of a long block with a short last chunk", arguments: 1...20)
    func longBlock(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let source = media(60, size: 1_128, last: 188 * (1 + random.below(6)))
        let all = source + Erasure.encode(source, repairCount: 4, symbolSize: 1_128)
        let lost = Set(all.indices.shuffled(using: &random).prefix(4))
        let chunks = all.indices.map { lost.contains($0) ? nil : all[$0] }
        let description = manifest(source, 4)
        let decoded = try #require(Erasure.decode(manifest: description, chunks: chunks))
        #expect(Array(decoded.prefix(60)) == source)
        let whole = Erasure.decode(
            manifest: description,
            chunks: chunks,
            recreating: .everything
        )
        #expect(whole == all)
    }

    @Test("does not recover from the loss of more than r chunks")
    func tooFew() {
        let source = media(7, size: 40, last: 40)
        let all = source + Erasure.encode(source, repairCount: 1, symbolSize: 40)
        var chunks: [Bytes?] = all
        chunks[2] = nil
        chunks[7] = nil
        #expect(Erasure.decode(manifest: manifest(source, 1), chunks: chunks) == nil)
    }

    @Test("makes repair chunks only when asked to")
    func recreation() {
        let source = media(4, size: 40, last: 8)
        let all = source + Erasure.encode(source, repairCount: 2, symbolSize: 40)
        let chunks: [Bytes?] = [all[0], nil, all[2], all[3], nil, all[5]]
        let decoded = Erasure.decode(manifest: manifest(source, 2), chunks: chunks)
        #expect(decoded == [all[0], all[1], all[2], all[3], nil, all[5]])
    }

    @Test("refuses chunks of a wrong size or number")
    func wrongSizes() {
        let source = media(4, size: 40, last: 8)
        let all: [Bytes?] = source + Erasure.encode(source, repairCount: 1, symbolSize: 40)
        let description = manifest(source, 1)
        var short = all
        short[1] = all[1]?.slice(0, 39)
        #expect(Erasure.decode(manifest: description, chunks: short) == nil)
        #expect(Erasure.decode(manifest: description, chunks: Array(all.dropLast())) == nil)
        #expect(Erasure.encode(source, repairCount: 61, symbolSize: 40).isEmpty)
        #expect(Erasure.encode(source, repairCount: 1, symbolSize: 39).isEmpty)
        #expect(Erasure.encode([], repairCount: 1, symbolSize: 40).isEmpty)
    }

    @Test("codes chunks of every size as the definition says", arguments: [1, 15, 16, 33, 63, 65])
    func smallSymbols(size: Int) {
        let source = media(5, size: size, last: size)
        let coded = Erasure.encode(source, repairCount: 3, symbolSize: size)
        var matrix = [UInt8](repeating: 0, count: 8 * 5)
        gf_gen_cauchy1_matrix(&matrix, 8, 5)
        for row in 0..<3 {
            for at in 0..<size {
                let sum = (0..<5).reduce(UInt8(0)) { sum, column in
                    sum ^ gf_mul(matrix[(5 + row) * 5 + column], source[column][at])
                }
                #expect(coded[row][at] == sum)
            }
        }
    }
}
