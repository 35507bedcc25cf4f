import Basics
import Testing

@Suite("EventHeap")
struct EventHeapTests {
    @Test("gives events in order of time, equal times in order of insertion")
    func order() {
        var random = SeededRandom(seed: 1)
        var heap = EventHeap<Int>()
        var expected: [(time: Instant, event: Int)] = []
        for event in 0..<2_000 {
            let time = Instant(nanoseconds: Int64(random.below(100)))
            heap.insert(event, at: time)
            expected.append((time, event))
        }
        expected.sort { ($0.time, $0.event) < ($1.time, $1.event) }
        #expect(heap.count == 2_000)
        for one in expected {
            #expect(heap.nextTime == one.time)
            #expect(heap.first == one.event)
            #expect(heap.removeFirst()?.event == one.event)
        }
        #expect(heap.isEmpty && heap.nextTime == nil && heap.removeFirst() == nil)
    }

    @Test("stays in order while events come and go")
    func interleaved() {
        var random = SeededRandom(seed: 2)
        var heap = EventHeap<Int>()
        var model: [(time: Instant, event: Int)] = []
        for event in 0..<5_000 {
            if random.below(3) > 0 {
                let time = Instant(nanoseconds: Int64(random.below(50)))
                heap.insert(event, at: time)
                let place = model.firstIndex { $0.time > time } ?? model.endIndex
                model.insert((time, event), at: place)
            } else {
                let first = model.isEmpty ? nil : model.removeFirst()
                let removed = heap.removeFirst()
                #expect(removed?.event == first?.event && removed?.time == first?.time)
            }
        }
        #expect(heap.count == model.count)
    }
}
