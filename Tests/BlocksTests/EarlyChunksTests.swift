import Basics
import Testing

@testable import Blocks

@Suite struct EarlyChunksTests {
    private func entry(_ block: UInt32, _ index: Int, from: UInt64) -> EarlyChunks.Entry {
        let id = ChunkID(block: block, index: UInt8(index))
        return EarlyChunks.Entry(id: id, payload: Bytes([1]), from: PeerID(from))
    }

    private func add(_ early: inout EarlyChunks, _ entry: EarlyChunks.Entry) -> Bool {
        early.insert(entry)
    }

    @Test("keeps chunks of eight blocks per neighbour, the latest ones")
    func blocks() {
        var early = EarlyChunks()
        for (index, block) in ([5, 6, 7, 7, 6, 8, 9, 10, 11, 12] as [UInt32]).enumerated() {
            #expect(add(&early, entry(block, index, from: 1)))
        }
        #expect(early.entries.count == 10)
        #expect(add(&early, entry(13, 10, from: 1)))
        #expect(early.entries.map(\.id.block) == [6, 7, 7, 6, 8, 9, 10, 11, 12, 13])
    }

    @Test("keeps copies from several neighbours, but one from each")
    func copies() {
        var early = EarlyChunks()
        #expect(add(&early, entry(5, 0, from: 1)))
        #expect(add(&early, entry(5, 0, from: 2)))
        #expect(!add(&early, entry(5, 0, from: 1)))
        let taken = early.take(block: 5)
        #expect(taken.map(\.from) == [PeerID(1), PeerID(2)])
        #expect(early.entries.isEmpty)
    }

    @Test("takes the place of the neighbour with the most when all are taken")
    func eviction() {
        var early = EarlyChunks()
        for index in 0..<60 { _ = early.insert(entry(5, index, from: 1)) }
        for index in 0..<64 { _ = early.insert(entry(5, index, from: 2)) }
        for index in 0..<10 { #expect(add(&early, entry(5, index, from: 3))) }
        let counts = (1...3).map { peer in
            early.entries.filter { $0.from == PeerID(UInt64(peer)) }.count
        }
        #expect(counts.reduce(0, +) == EarlyChunks.chunksMax)
        #expect(counts == [59, 59, 10])
    }

    @Test("drops what is below the window")
    func old() {
        var early = EarlyChunks()
        _ = early.insert(entry(5, 0, from: 1))
        _ = early.insert(entry(6, 0, from: 1))
        early.removeAll(below: 6)
        #expect(early.entries.map(\.id.block) == [6])
    }
}
