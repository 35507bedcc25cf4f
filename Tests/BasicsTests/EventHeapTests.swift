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

@Suite("SeededRandom")
struct SeededRandomTests {
    @Test("is SplitMix64")
    func golden() {
        // The first numbers of the reference implementation (prng.di.unimi.it/splitmix64.c) for 0.
        var random = SeededRandom(seed: 0)
        #expect(random.next() == 0xE220_A839_7B1D_CDAF)
        #expect(random.next() == 0x6E78_9E6A_A1B9_65F4)
        #expect(random.next() == 0x06C4_5D18_8009_454F)
    }

    @Test("stays below its bound and reaches all of it", arguments: [1, 2, 10])
    func below(_ bound: Int) {
        var random = SeededRandom(seed: 3)
        let drawn = Set((0..<1_000).map { _ in random.below(bound) })
        #expect(drawn == Set(0..<bound))
        #expect(random.below(0) == 0 && random.below(-5) == 0)
    }

    @Test("draws units from 0 up to 1, and splits off independent generators")
    func units() {
        var random = SeededRandom(seed: 4)
        let units = (0..<10_000).map { _ in random.unit() }
        #expect(units.allSatisfy { (0..<1).contains($0) })
        #expect(abs(units.reduce(0, +) / 10_000 - 0.5) < 0.02)
        var split = random.split()
        #expect(split.next() != random.next())
    }
}
