import Basics
import Testing

@testable import Secrecy

@Suite("ReplayWindow")
struct ReplayWindowTests {
    @Test("accepts each counter once")
    func once() {
        var window = ReplayWindow()
        for counter in UInt64(0)..<5_000 {
            #expect(window.accepts(counter))
            window.insert(counter)
            #expect(!window.accepts(counter))
        }
    }

    @Test("has an edge of exactly 2,048", arguments: [2_047, 2_048, 2_100, 4_000, UInt64(1) << 32])
    func edge(_ highest: UInt64) {
        var window = ReplayWindow()
        window.insert(highest)
        #expect(!window.accepts(highest))
        #expect(window.accepts(highest - 2_047))
        if highest >= 2_048 { #expect(!window.accepts(highest - 2_048)) }
        window.insert(highest - 2_047)
        #expect(!window.accepts(highest - 2_047))
        #expect(window.accepts(highest - 2_046))
    }

    @Test("survives the largest counters")
    func largest() {
        var window = ReplayWindow()
        #expect(window.accepts(.max))
        window.insert(.max - 1)
        #expect(!window.accepts(.max - 1))
        #expect(window.accepts(.max - 2))
        #expect(!window.accepts(0))
        #expect(window.end == .max)
    }

    @Test("agrees with a set of everything seen", arguments: [16, 64, 700, 5_000])
    func againstSet(_ spread: Int) {
        var random = SeededRandom(seed: UInt64(spread))
        var window = ReplayWindow()
        var seen: Set<UInt64> = []
        var highest: UInt64?
        var accepted = 0
        for _ in 0..<20_000 {
            let base = Int(highest ?? 0)
            let counter = UInt64(max(0, base + random.below(2 * spread) - spread + spread / 16))
            let isRecent = highest.map { counter > $0 || $0 - counter < 2_048 } ?? true
            let expected = isRecent && !seen.contains(counter)
            #expect(window.accepts(counter) == expected)
            guard expected else { continue }
            window.insert(counter)
            seen.insert(counter)
            highest = max(highest ?? 0, counter)
            accepted += 1
        }
        #expect(accepted > 100)
        #expect(window.end == (highest ?? 0) + 1)
    }
}
