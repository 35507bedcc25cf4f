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
