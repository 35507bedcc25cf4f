import Basics
import Testing

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
