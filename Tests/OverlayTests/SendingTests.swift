import Basics
import Scheduling
import Testing

@Suite("SendQueue")
struct SendQueueTests {
    private let start = Instant.origin + .seconds(5)

    private func item(_ block: UInt32, _ cause: SendQueue.Cause) -> SendQueue.Item {
        SendQueue.Item(slot: 1, chunk: ChunkID(block: block, index: 0), cause: cause)
    }

    @Test("interior nodes go before leaves, pushes before repairs, and what is too late not at all")
    func order() {
        var queue = SendQueue()
        queue.insert(item(1, .repair), deadline: start + .milliseconds(10))
        queue.insert(item(2, .push), deadline: start + .milliseconds(900))
        queue.insert(item(3, .push), deadline: start + .milliseconds(800))
        queue.insert(item(4, .repair), deadline: start + .milliseconds(20))
        queue.insert(item(5, .push), deadline: start - .milliseconds(1))
        queue.insert(item(6, .trunk), deadline: start + .milliseconds(950))
        var blocks: [UInt32] = []
        while let item = queue.removeFirst(at: start) { blocks.append(item.chunk.block) }
        #expect(blocks == [6, 3, 2, 1, 4])
        #expect(queue.droppedCount == 1 && queue.isEmpty)
    }

    @Test("holds a bounded number")
    func bounded() {
        var queue = SendQueue()
        for number in 0..<(2 * SendQueue.itemsMax) {
            let cause = number % 2 == 0 ? SendQueue.Cause.push : .repair
            queue.insert(item(UInt32(number), cause), deadline: start)
        }
        #expect(queue.count == SendQueue.itemsMax)
        #expect(queue.droppedCount == SendQueue.itemsMax)
    }
}

@Suite("Lateness")
struct LatenessTests {
    @Test("is not known before there are a few samples")
    func unknown() {
        var lateness = Lateness()
        for _ in 0..<3 { lateness.observe(.milliseconds(50)) }
        #expect(lateness.usualMax() == nil)
        lateness.observe(.milliseconds(50))
        #expect(lateness.usualMax() == .milliseconds(50))
    }

    @Test("is not led astray by what a parent had to fetch, one chunk in eight")
    func outliers() throws {
        var lateness = Lateness()
        for number in 0..<64 {
            lateness.observe(.milliseconds(number % 8 == 0 ? 400 : 50 + number % 5))
        }
        let known = lateness.usualMax()
        let usual = try #require(known)
        #expect(usual < .milliseconds(70))
    }

    @Test("follows a path that has become longer")
    func follows() throws {
        var lateness = Lateness()
        for _ in 0..<64 { lateness.observe(.milliseconds(50)) }
        for _ in 0..<64 { lateness.observe(.milliseconds(120)) }
        let usual = lateness.usualMax()
        #expect(usual == .milliseconds(120))
    }
}
