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

@Suite("TimestampGuard")
struct TimestampGuardTests {
    @Test("accepts only later timestamps of a key")
    func later() {
        var timestamps = TimestampGuard()
        #expect(timestamps.accept(10, from: [1]) == true)
        #expect(timestamps.accept(10, from: [1]) == false)
        #expect(timestamps.accept(9, from: [1]) == false)
        #expect(timestamps.accept(.min, from: [1]) == false)
        #expect(timestamps.accept(11, from: [1]) == true)
        #expect(timestamps.accept(5, from: [2]) == true)
        #expect(timestamps.accept(.max, from: [2]) == true)
        #expect(timestamps.accept(.max, from: [2]) == false)
    }

    @Test("a refused timestamp changes nothing")
    func refusedChangesNothing() {
        var timestamps = TimestampGuard()
        #expect(timestamps.accept(10, from: [1]) == true)
        #expect(timestamps.accept(3, from: [1]) == false)
        #expect(timestamps.accept(5, from: [1]) == false)
    }

    @Test("remembers at most 4,096 keys")
    func bound() {
        var timestamps = TimestampGuard()
        for number in 0..<5_000 {
            #expect(timestamps.accept(1, from: [UInt8(number % 256), UInt8(number / 256)]) == true)
        }
        #expect(timestamps.count == TimestampGuard.keysMax)
    }
}

@Suite("Entropy and Identity")
struct EntropyTests {
    @Test("is HMAC-SHA256 of a little-endian counter")
    func golden() {
        // Computed with Python: hmac.new(bytes(32), struct.pack("<Q", 0), "sha256"), and 1.
        var entropy = Entropy(secret: [UInt8](repeating: 0, count: 32))
        #expect(
            Hex.string(entropy.bytes(40))
                == "f375180aba92888401f1919be4a8715a62763b65c1c10e1d0858e81d4d6f9fd2"
                + "4564293287052526"
        )
    }

    @Test("gives as many bytes as asked for", arguments: [0, 1, 31, 32, 33, 100])
    func counts(_ count: Int) {
        var entropy = Entropy(secret: [1])
        #expect(entropy.bytes(count).count == count)
        #expect(entropy.bytes(-1).isEmpty)
    }

    @Test("does not repeat itself")
    func fresh() {
        var entropy = Entropy(secret: [1])
        let blocks = (0..<1_000).map { _ in entropy.bytes(16) }
        #expect(Set(blocks).count == 1_000)
    }

    @Test("an identity comes back from its private bytes, with the public key of the vectors")
    func identity() throws {
        let identity = try Identity(
            privateKey: try #require(Hex.bytes(NoiseVector.responderStatic))
        )
        #expect(Hex.string(identity.publicKey) == NoiseVector.responderPublic)
        #expect(identity.id.description == "31e0303fd6418d2f")
        let again = try Identity(privateKey: identity.privateKey)
        #expect(again.publicKey == identity.publicKey)
        #expect(again.id == PeerID(publicKey: identity.publicKey))
    }
}
