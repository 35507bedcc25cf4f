import Basics
import Crypto
import Testing
import Wire

@testable import Secrecy

@Suite("Checksum")
struct ChecksumTests {
    @Test("notices every altered bit and length")
    func notices() {
        var random = SeededRandom(seed: 1)
        for count in [1, 8, 31, 32, 33, 64, 200] {
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let sum = Checksum.of(bytes, seed: 5)
            for altered in bitFlips(bytes) { #expect(Checksum.of(altered, seed: 5) != sum) }
            #expect(Checksum.of(bytes + [0], seed: 5) != sum)
            #expect(Checksum.of(Array(bytes.dropLast()), seed: 5) != sum)
            #expect(Checksum.of(bytes, seed: 6) != sum)
        }
    }
}
