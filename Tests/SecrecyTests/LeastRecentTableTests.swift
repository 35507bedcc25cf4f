import Basics
import Testing

@testable import Secrecy

@Suite("LeastRecentTable")
struct LeastRecentTableTests {
    @Test("the entry that was used least recently makes room")
    func evicts() {
        var table = LeastRecentTable<Int, Int>(capacity: 3)
        for key in [1, 2, 3, 1, 4] { table.update(key, initial: 0) { $0 += 1 } }
        #expect(table.peek(1) == 2)
        #expect(table.peek(2) == nil)
        #expect(table.peek(3) == 1 && table.peek(4) == 1)
        #expect(table.count == 3)
    }

    @Test("agrees with a list in order of use", arguments: [1, 2, 7, 64])
    func againstList(_ capacity: Int) {
        var random = SeededRandom(seed: UInt64(capacity))
        var table = LeastRecentTable<Int, Int>(capacity: capacity)
        var list: [(key: Int, value: Int)] = []
        for step in 0..<5_000 {
            let key = random.below(2 * capacity + 1)
            table.update(key, initial: -1) { $0 = step }
            list.removeAll { $0.key == key }
            list.append((key, step))
            if list.count > capacity { list.removeFirst() }
            let probe = random.below(2 * capacity + 1)
            #expect(table.peek(probe) == list.first { $0.key == probe }?.value)
        }
        #expect(table.count == list.count)
    }
}
