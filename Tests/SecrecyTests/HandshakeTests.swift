import Basics
import Secrecy
import Testing
import Wire

@Suite("Handshake")
struct HandshakeTests {
    @Test("opens a session in one round trip", arguments: [Suite.noise, .standIn])
    func roundTrip(_ suite: Suite) throws {
        var pair = Pair(suite)
        let pending = try pair.initiate()
        #expect(pending.datagram.count == Envelope.initiationSize)
        #expect(pending.datagram[0] == Envelope.firstByte(.initiation, .peer))
        let accepted = try pair.respond(to: pending.datagram)
        #expect(accepted.remoteKey == pair.alice.publicKey)
        #expect(accepted.payload.array == Array("hello".utf8))
        #expect(accepted.timestamp == pair.now.nanoseconds)
        #expect(accepted.response.count <= pending.datagram.count)
        let (session, payload) = try pending.finish(Bytes(accepted.response), at: pair.now)
        #expect(payload.array == Array("welcome".utf8))
        #expect(session.remoteKey == pair.bob.publicKey)
        #expect(session.remoteID == pair.bob.id)
        #expect(session.localIndex == accepted.session.remoteIndex)
        #expect(session.remoteIndex == accepted.session.localIndex)
    }

    @Test("both suites have datagrams of the same sizes")
    func sizes() throws {
        var sizes: [[Int]] = []
        for suite in [Suite.noise, .standIn] {
            var pair = Pair(suite)
            let pending = try pair.initiate()
            let accepted = try pair.respond(to: pending.datagram)
            var session = try pending.finish(Bytes(accepted.response), at: pair.now).session
            let datagram = try session.sealed([1, 2, 3], .peer)
            sizes.append([pending.datagram.count, accepted.response.count, datagram.count])
        }
        #expect(sizes[0] == [1_200, 69, 28])
        #expect(sizes[1] == sizes[0])
    }

    @Test("the same secret makes the same datagrams, another one others")
    func determinism() throws {
        var one = Pair(seed: 7)
        var same = Pair(seed: 7)
        var other = Pair(seed: 8)
        let datagram = try one.initiate().datagram
        #expect(try same.initiate().datagram == datagram)
        #expect(try other.initiate().datagram != datagram)
        #expect(try one.initiate().datagram != datagram)
    }

    @Test("carries payloads up to 256 bytes", arguments: [0, 1, 255, 256])
    func payloads(_ count: Int) throws {
        var pair = Pair()
        let bytes = [UInt8](repeating: 0xAB, count: count)
        let initiation = pair.initiation(payload: bytes)
        let pending = try #require(
            Handshake.initiate(initiation, entropy: &pair.entropy, at: pair.now)
        )
        let accepted = try Handshake.respond(
            Bytes(pending.datagram),
            pair.response(payload: bytes),
            entropy: &pair.entropy,
            at: pair.now
        )
        #expect(accepted.payload.array == bytes)
        #expect(try pending.finish(Bytes(accepted.response), at: pair.now).payload.array == bytes)
    }

    @Test("refuses payloads of 257 bytes")
    func longPayload() throws {
        var pair = Pair()
        let bytes = [UInt8](repeating: 0, count: 257)
        let long = pair.initiation(payload: bytes)
        #expect(Handshake.initiate(long, entropy: &pair.entropy, at: pair.now) == nil)
        let datagram = Bytes(try pair.initiate().datagram)
        let parameters = pair.response(payload: bytes)
        #expect(throws: SecrecyError.malformed) {
            try Handshake.respond(datagram, parameters, entropy: &pair.entropy, at: pair.now)
        }
    }

    @Test("hides the static key, the payload and the timestamp with Noise only")
    func hides() throws {
        var noise = Pair(.noise)
        var standIn = Pair(.standIn)
        let key = noise.alice.publicKey
        #expect(!contains(try noise.initiate().datagram, key))
        #expect(!contains(try noise.initiate().datagram, Array("hello".utf8)))
        #expect(contains(try standIn.initiate().datagram, key))
    }

    @Test("two handshakes at once give two sessions, one of which goes on")
    func simultaneous() throws {
        var pair = Pair()
        let fromAlice = try pair.initiate()
        var mirrored = pair
        (mirrored.alice, mirrored.bob) = (pair.bob, pair.alice)
        let fromBob = try mirrored.initiate()
        let byBob = try pair.respond(to: fromAlice.datagram)
        let byAlice = try mirrored.respond(to: fromBob.datagram)
        let first = try fromAlice.finish(Bytes(byBob.response), at: pair.now).session
        let second = try fromBob.finish(Bytes(byAlice.response), at: pair.now).session
        #expect(canTalk(first, byBob.session, at: pair.now))
        #expect(canTalk(second, byAlice.session, at: pair.now))
        #expect(!canTalk(first, byAlice.session, at: pair.now))
        let (alice, bob) = (pair.alice.publicKey, pair.bob.publicKey)
        #expect(
            Handshake.keepsInitiation(ownKey: alice, remoteKey: bob)
                != Handshake.keepsInitiation(ownKey: bob, remoteKey: alice)
        )
    }

    private func canTalk(_ one: Session, _ other: Session, at now: Instant) -> Bool {
        var (left, right) = (one, other)
        guard let there = left.seal([1], service: .peer), let back = right.seal([2], service: .peer)
        else { return false }
        return right.open(Bytes(there), at: now)?.array == [1]
            && left.open(Bytes(back), at: now)?.array == [2]
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        (0...(bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
    }
}
