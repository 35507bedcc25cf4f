import Basics
import Testing

@Suite("Bytes")
struct BytesTests {
    @Test("slices share and cut to what there is")
    func slices() {
        let bytes = Bytes([0, 1, 2, 3, 4, 5])
        #expect(bytes.slice(1, 4).array == [1, 2, 3])
        #expect(bytes.slice(1, 4).slice(1, 99).array == [2, 3])
        #expect(bytes.slice(-3, 2).array == [0, 1])
        #expect(bytes.slice(4, 2).isEmpty)
        #expect(bytes.slice(99, 100).isEmpty)
        #expect(bytes.slice(.min, .max) == bytes)
        #expect(bytes.suffix(from: 4).array == [4, 5])
        #expect(bytes.suffix(from: 6).isEmpty && bytes.suffix(from: 7).isEmpty)
        #expect(bytes.slice(1, 4)[2] == 3)
    }

    @Test("equality and hash are of the bytes, wherever they are stored")
    func equality() {
        let one = Bytes([9, 1, 2, 9]).slice(1, 3)
        let other = Bytes([1, 2])
        #expect(one == other)
        #expect(Set([one, other]).count == 1)
        #expect(one != Bytes([1, 3]))
        #expect(one != Bytes([1, 2, 3]))
        #expect(Bytes([7]).slice(1, 1) == .empty)
    }

    @Test("gives its bytes as one buffer")
    func buffer() {
        let bytes = Bytes([9, 1, 2, 9]).slice(1, 3)
        #expect(bytes.withUnsafeBytes { Array($0) } == [1, 2])
        #expect(Array(bytes.storageSlice) == [1, 2])
        #expect(bytes.count == 2)
    }
}

@Suite("Hex")
struct HexTests {
    @Test("prints and parses every byte")
    func roundTrip() {
        let all = [UInt8](UInt8.min...UInt8.max)
        let text = Hex.string(all)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(Hex.bytes(text) == all)
        #expect(Hex.bytes(text.uppercased()) == all)
        #expect(Hex.bytes("") == [])
    }

    @Test("refuses everything else", arguments: ["0", "000", "0g", "g0", " 00", "0x00", "é", "００"])
    func refuses(_ text: String) {
        #expect(Hex.bytes(text) == nil)
    }
}

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
