import Basics
import Testing

@testable import Wire

@Suite("Datagram")
struct DatagramTests {
    @Test("puts a body that is kept apart where it belongs")
    func parts() {
        let apart = Datagram(head: [1, 2, 8, 9], body: Bytes([3, 4, 5]), tail: 2)
        #expect(apart.bytes == [1, 2, 3, 4, 5, 8, 9] && apart.count == 7)
        let whole = Datagram(Bytes([1, 2]))
        #expect(whole.bytes == [1, 2] && whole.body.isEmpty && !whole.isEmpty)
        #expect(Datagram(.empty).isEmpty)
    }

    @Test("a chunk's payload and a manifest may be apart, and read the same")
    func messages() throws {
        let payload = Bytes([UInt8](repeating: 7, count: 300))
        let chunk = ChunkMessage(id: ChunkID(block: 5, index: 3), hops: 2, payload: payload)
        let start = Bytes(ChunkMessage.head(chunk.id, hops: 2))
        var reader = MessageReader(Content(start, payload))
        #expect(try reader.next() == .chunk(chunk))
        #expect(try reader.next() == nil)
        var other = MessageReader(Content(Bytes(Message.manifestHead), payload))
        #expect(try other.next() == .manifest(payload))
    }

    @Test("a body behind anything else is refused")
    func misplaced() {
        let body = Bytes([1])
        let half = Bytes(ChunkMessage.head(ChunkID(block: 5, index: 3), hops: 2) + [9])
        for start in [half, Bytes(Message.manifestHead + [1])] {
            var reader = MessageReader(Content(start, body))
            #expect(throws: WireError.self) { try reader.next() }
        }
        let large = Bytes([UInt8](repeating: 0, count: Manifest.symbolMax + 1))
        let head = Bytes(ChunkMessage.head(ChunkID(block: 5, index: 3), hops: 2))
        var reader = MessageReader(Content(head, large))
        #expect(throws: WireError.self) { try reader.next() }
    }
}
