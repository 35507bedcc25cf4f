import Basics
import Testing

@testable import Blocks

@Suite struct BlockWindowTests {
    @Test("behaves like a dictionary with a bounded span", arguments: 1...20)
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var window = BlockWindow<Int>(spanMax: 40)
        var model: [UInt32: Int] = [:]
        for step in 0..<400 {
            let block = UInt32(step / 4 + random.below(60))
            if random.below(5) == 0 {
                var removed: [UInt32] = []
                let below = UInt32(random.below(step / 4 + 1))
                window.removeAll(below: below) { block, _ in removed.append(block) }
                #expect(removed == model.keys.filter { $0 < below }.sorted())
                model = model.filter { $0.key >= below }
            } else {
                let low = min(block, model.keys.min() ?? block)
                let high = max(block, model.keys.max() ?? block)
                window.insert(step, at: block)
                if high - low < 40 { model[block] = step }
            }
            window.change(block) { $0 += 1 }
            model[block]? += 1
            #expect(window.count == model.count)
            #expect(window.bounds?.lowerBound == model.keys.min())
            #expect(window.bounds?.upperBound == model.keys.max())
            let probe = UInt32(random.below(170))
            #expect(window[probe] == model[probe])
            #expect(window.first(from: probe) == model.keys.filter { $0 >= probe }.min())
        }
    }

    @Test("takes the largest numbers")
    func largest() {
        var window = BlockWindow<Int>(spanMax: 8)
        window.insert(1, at: .max)
        window.insert(2, at: .max - 7)
        window.insert(3, at: .max - 8)
        #expect(window.bounds == (UInt32.max - 7)...UInt32.max)
        #expect(window[.max - 8] == nil)
        window.removeAll(below: .max)
        #expect(window.count == 1)
        #expect(!window.hasRoom(for: .max - 8) && window.hasRoom(for: .max - 7))
    }
}
