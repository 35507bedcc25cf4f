import Basics
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    @Test("a peer is the first 8 bytes of its key, printed in 16 digits")
    func peer() {
        let id = PeerID(publicKey: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(id.value == 0x0001_0203_0405_0607)
        #expect(id.description == "0001020304050607")
        #expect(id.short == "0001")
        #expect(PeerID(publicKey: []) == PeerID(0))
        #expect(PeerID(publicKey: [1]) == PeerID(1 << 56))
        #expect(PeerID(.max).description == "ffffffffffffffff")
    }

    @Test("a channel has exactly 20 bytes", arguments: [0, 19, 21])
    func channel(_ count: Int) {
        #expect(ChannelID([UInt8](repeating: 0, count: count)) == nil)
        #expect(ChannelID([UInt8](0..<20))?.description == Hex.string([UInt8](0..<20)))
    }

    @Test("chunks are ordered by block, then index")
    func chunk() {
        let ordered = [
            ChunkID(block: 1, index: 63), ChunkID(block: 2, index: 0), ChunkID(block: 2, index: 1),
        ]
        #expect(ordered.reversed().sorted() == ordered)
    }
}
