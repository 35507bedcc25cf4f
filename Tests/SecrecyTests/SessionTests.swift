import Basics
import Testing
import Wire

@testable import Secrecy

@Suite("Session")
struct SessionTests {
    @Test("carries messages both ways", arguments: [Suite.noise, .standIn])
    func bothWays(_ suite: Suite) throws {
        var pair = Pair(suite)
        var (alice, bob) = try pair.sessions()
        for count in [0, 1, 7, 31, 32, 33, 500, Envelope.messagesMax] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let there = try alice.sealed(bytes, .tracker)
            #expect(there.count == count + 25)
            #expect(bob.open(Bytes(there), at: pair.now)?.array == bytes)
            let back = try bob.sealed(bytes, .peer)
            #expect(alice.open(Bytes(back), at: pair.now)?.array == bytes)
        }
        #expect(alice.sentCount == 8 && alice.receivedCount == 8)
        #expect(bob.highestCounter == 7 && bob.expectedCount == 8)
    }

    @Test("seals around a body without touching it, and opens only what was sealed")
    func around() throws {
        var pair = Pair(.standIn)
        var (alice, bob) = try pair.sessions()
        let body = Bytes([UInt8](repeating: 5, count: 900))
        let first = alice.sealAround(body, [1, 2], service: .peer)
        let datagram = try #require(first)
        #expect(datagram.count == 902 + 25 && datagram.body == body)
        #expect(bob.open(datagram, at: pair.now)?.array == [1, 2])
        // Once only; and as one run of bytes, which is how a damaged one comes, never.
        #expect(bob.open(datagram, at: pair.now) == nil)
        let second = alice.sealAround(body, [1, 2], service: .peer)
        let next = try #require(second)
        #expect(bob.open(Bytes(next.bytes), at: pair.now) == nil)
        var head = next.head.array
        head[9] ^= 1
        let forged = Datagram(head: head, body: body, tail: Envelope.tagSize)
        #expect(bob.open(forged, at: pair.now) == nil)
        let shorter = Datagram(head: next.head.array, body: body.slice(0, 899), tail: 16)
        #expect(bob.open(shorter, at: pair.now) == nil)
        #expect(bob.open(next, at: pair.now) != nil)
    }

    @Test("real cryptography reads a body, so that it cannot be kept apart")
    func aroundWithNoise() throws {
        var pair = Pair(.noise)
        var (alice, bob) = try pair.sessions()
        #expect(alice.sealAround(Bytes([1]), [2], service: .peer) == nil)
        let sealed = try alice.sealed([2], .peer)
        let datagram = Datagram(head: sealed, body: Bytes([1]), tail: Envelope.tagSize)
        #expect(bob.open(datagram, at: pair.now) == nil)
    }

    @Test("puts kind, service, receiver index and counter before the sealed messages")
    func header() throws {
        var pair = Pair()
        var (alice, bob) = try pair.sessions()
        _ = alice.seal([1], service: .peer)
        let datagram = try alice.sealed([1], .tracker)
        // version 1 · tracker · transport, receiver index, counter
        #expect(Hex.string(datagram.prefix(9)) == "34" + "01020304" + "00000001")
        #expect(Session.receiverIndex(of: Bytes(datagram)) == bob.localIndex)
        #expect(bob.open(Bytes(datagram), at: pair.now) != nil)
    }

    @Test("does not send messages in clear")
    func sealed() throws {
        var pair = Pair()
        var (alice, _) = try pair.sessions()
        let text = [UInt8](repeating: 0x41, count: 64)
        let one = try alice.sealed(text, .peer)
        let two = try alice.sealed(text, .peer)
        #expect(one.dropFirst(9) != two.dropFirst(9))
        #expect(!one.dropFirst(9).starts(with: text))
    }

    @Test("does not open a datagram with any bit altered", arguments: [Suite.noise, .standIn])
    func bitFlipped(_ suite: Suite) throws {
        var pair = Pair(suite)
        var (alice, bob) = try pair.sessions()
        let datagram = try alice.sealed([UInt8](0..<100), .peer)
        for altered in bitFlips(datagram) {
            #expect(bob.open(Bytes(altered), at: pair.now) == nil)
        }
        #expect(bob.receivedCount == 0 && bob.expectedCount == 0 && !bob.isConfirmed)
        #expect(bob.open(Bytes(datagram), at: pair.now) != nil)
        #expect(bob.isConfirmed)
    }

    @Test("does not open a datagram of any other length", arguments: [Suite.noise, .standIn])
    func otherLengths(_ suite: Suite) throws {
        var pair = Pair(suite)
        var (alice, bob) = try pair.sessions()
        let datagram = try alice.sealed([UInt8](0..<40), .peer)
        for count in 0..<datagram.count {
            #expect(bob.open(Bytes(datagram).slice(0, count), at: pair.now) == nil)
        }
        for more in [1, 16, 1_135, 64_000] {
            let long = datagram + [UInt8](repeating: 0, count: more)
            #expect(bob.open(Bytes(long), at: pair.now) == nil)
        }
    }

    @Test("opens every datagram once, in any order", arguments: [Suite.noise, .standIn])
    func reordering(_ suite: Suite) throws {
        var pair = Pair(suite)
        var (alice, bob) = try pair.sessions()
        var datagrams = try (0..<300).map { index in
            Bytes(try alice.sealed([UInt8(index % 256)], .peer))
        }
        var random = SeededRandom(seed: 5)
        datagrams.shuffle(using: &random)
        for datagram in datagrams + datagrams.reversed() { _ = bob.open(datagram, at: pair.now) }
        #expect(bob.receivedCount == 300)
        #expect(bob.expectedCount == 300)
    }

    @Test("refuses what is older than the window")
    func window() throws {
        var pair = Pair()
        var (alice, bob) = try pair.sessions()
        let first = Bytes(try alice.sealed([0], .peer))
        let second = Bytes(try alice.sealed([1], .peer))
        alice.skip(toCounter: 2_048)
        let edge = Bytes(try alice.sealed([2], .peer))
        #expect(bob.open(edge, at: pair.now) != nil)
        #expect(bob.open(first, at: pair.now) == nil)
        #expect(bob.open(second, at: pair.now) != nil)
    }

    @Test("takes a jump to the last counter, then the key is used up")
    func lastCounter() throws {
        var pair = Pair()
        var (alice, bob) = try pair.sessions()
        let early = Bytes(try alice.sealed([0], .peer))
        alice.skip(toCounter: Session.datagramsMax - 1)
        let last = Bytes(try alice.sealed([1], .peer))
        #expect(alice.needsRekey(at: pair.now))
        #expect(alice.seal([2], service: .peer) == nil)
        #expect(alice.sentCount == Session.datagramsMax)
        #expect(bob.open(last, at: pair.now)?.array == [1])
        #expect(bob.highestCounter == UInt64(UInt32.max))
        #expect(bob.open(last, at: pair.now) == nil)
        #expect(bob.open(early, at: pair.now) == nil)
    }

    @Test("a forged counter moves nothing", arguments: [Suite.noise, .standIn])
    func forgedCounter(_ suite: Suite) throws {
        var pair = Pair(suite)
        var (alice, bob) = try pair.sessions()
        let datagram = try alice.sealed([1], .peer)
        for counter in [1, 0x7FFF_FFFF, UInt32.max] {
            var writer = ByteWriter()
            writer.u32(counter)
            var forged = datagram
            forged.replaceSubrange(5..<9, with: writer.bytes)
            #expect(bob.open(Bytes(forged), at: pair.now) == nil)
        }
        #expect(bob.expectedCount == 0)
        #expect(bob.open(Bytes(datagram), at: pair.now) != nil)
    }

    @Test("needs another key after 120 s at the initiator, 150 s at the responder")
    func rekey() throws {
        var pair = Pair()
        let (alice, bob) = try pair.sessions()
        let moment = TimeSpan(nanoseconds: 1)
        #expect(!alice.needsRekey(at: pair.now + .seconds(120) - moment))
        #expect(alice.needsRekey(at: pair.now + .seconds(120)))
        #expect(!bob.needsRekey(at: pair.now + .seconds(150) - moment))
        #expect(bob.needsRekey(at: pair.now + .seconds(150)))
    }

    @Test("opens nothing from 180 s on")
    func expiry() throws {
        var pair = Pair()
        var (alice, bob) = try pair.sessions()
        let one = Bytes(try alice.sealed([1], .peer))
        let two = Bytes(try alice.sealed([2], .peer))
        let end = pair.now + .seconds(180)
        #expect(bob.open(one, at: end - TimeSpan(nanoseconds: 1)) != nil)
        #expect(bob.isExpired(at: end) && !bob.isExpired(at: end - TimeSpan(nanoseconds: 1)))
        #expect(bob.open(two, at: end) == nil)
    }

    @Test("opens nothing of the session before, even under the same index")
    func afterRekey() throws {
        var pair = Pair()
        var (alice, _) = try pair.sessions()
        let old = Bytes(try alice.sealed([1], .peer))
        var (_, bob) = try pair.sessions()
        #expect(Session.receiverIndex(of: old) == bob.localIndex)
        #expect(bob.open(old, at: pair.now) == nil)
    }

    @Test("takes neither its own datagrams nor other kinds nor plain messages")
    func foreign() throws {
        var pair = Pair()
        var (alice, bob) = try pair.sessions()
        let own = try bob.sealed([1], .peer)
        var reflected = own
        reflected.replaceSubrange(1..<5, with: [1, 2, 3, 4])
        #expect(bob.open(Bytes(own), at: pair.now) == nil)
        #expect(bob.open(Bytes(reflected), at: pair.now) == nil)
        let datagram = try alice.sealed([1], .peer)
        for kind in Envelope.Kind.allCases where kind != .transport {
            let other = [Envelope.firstByte(kind, .peer)] + datagram.dropFirst()
            #expect(bob.open(Bytes(other), at: pair.now) == nil)
        }
        let header = [Envelope.firstByte(.transport, .peer), 1, 2, 3, 4, 0, 0, 0, 0]
        let plain = header + Message.goodbye(Goodbye(reason: .leaving)).emitted
        #expect(bob.open(Bytes(plain + [UInt8](repeating: 0, count: 16)), at: pair.now) == nil)
    }

    @Test("seals no more than fits a datagram")
    func tooMuch() throws {
        var pair = Pair()
        var (alice, _) = try pair.sessions()
        let full = [UInt8](repeating: 0, count: Envelope.messagesMax)
        #expect(alice.seal(full, service: .peer)?.count == Envelope.datagramMax)
        #expect(alice.seal(full + [0], service: .peer) == nil)
        #expect(alice.sentCount == 1)
    }
}
