import Basics
import Testing

@Suite("RingBuffer")
struct RingBufferTests {
    @Test("keeps the last elements, oldest first", arguments: [1, 2, 3, 7])
    func keeps(_ capacity: Int) {
        var buffer = RingBuffer<Int>(capacity: capacity)
        #expect(buffer.isEmpty && buffer.last == nil && buffer.ordered.isEmpty)
        for number in 0..<20 {
            buffer.append(number)
            let kept = Array(max(0, number + 1 - capacity)...number)
            #expect(buffer.ordered == kept)
            #expect(buffer.unordered.sorted() == kept)
            #expect(buffer.last == number)
            #expect(buffer.count == kept.count)
        }
    }

    @Test("keeps at least one element", arguments: [0, -1, .min])
    func atLeastOne(_ capacity: Int) {
        var buffer = RingBuffer<Int>(capacity: capacity)
        buffer.append(1)
        buffer.append(2)
        #expect(buffer.ordered == [2])
    }
}
