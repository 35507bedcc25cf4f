import Basics
import Crypto
import Testing
import Wire

@testable import Secrecy

@Suite("Handshake under attack")
struct HostileHandshakeTests {
    @Test("refuses an initiation with any bit altered", arguments: [Suite.noise, .standIn])
    func initiationFlips(_ suite: Suite) throws {
        var pair = Pair(suite)
        let datagram = try pair.initiate().datagram
        // The rest is mac1 and mac2, which are the gate's.
        for altered in bitFlips(datagram, in: 0..<InitiationLayout.mac1Start) {
            #expect(throws: SecrecyError.self) { try pair.respond(to: altered) }
        }
        _ = try pair.respond(to: datagram)
    }

    @Test("refuses a response with any bit altered", arguments: [Suite.noise, .standIn])
    func responseFlips(_ suite: Suite) throws {
        var pair = Pair(suite)
        let pending = try pair.initiate()
        let response = try pair.respond(to: pending.datagram).response
        for altered in bitFlips(response) {
            #expect(throws: SecrecyError.self) { try pending.finish(Bytes(altered), at: pair.now) }
        }
        _ = try pending.finish(Bytes(response), at: pair.now)
    }

    @Test("refuses both messages cut at any length", arguments: [Suite.noise, .standIn])
    func truncation(_ suite: Suite) throws {
        var pair = Pair(suite)
        let pending = try pair.initiate()
        let response = try pair.respond(to: pending.datagram).response
        for count in 0..<pending.datagram.count {
            let cut = Array(pending.datagram.prefix(count))
            #expect(throws: SecrecyError.malformed) { try pair.respond(to: cut) }
        }
        for count in 0..<response.count {
            let cut = Bytes(response).slice(0, count)
            #expect(throws: SecrecyError.self) { try pending.finish(cut, at: pair.now) }
        }
        #expect(throws: SecrecyError.self) {
            try pending.finish(Bytes(response + [0]), at: pair.now)
        }
        #expect(throws: SecrecyError.malformed) {
            try pair.respond(to: pending.datagram + [0])
        }
    }

    @Test("refuses random datagrams of every kind", arguments: [Suite.noise, .standIn])
    func randomBytes(_ suite: Suite) throws {
        var pair = Pair(suite)
        var random = SeededRandom(seed: 42)
        let pending = try pair.initiate()
        for round in 0..<2_000 {
            let count = round.isMultiple(of: 4) ? 1_200 : random.below(1_400)
            var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let kind = round.isMultiple(of: 2) ? Envelope.Kind.initiation : .response
            if count > 0 { bytes[0] = Envelope.firstByte(kind, .peer) }
            if count > 8 { bytes.replaceSubrange(5..<9, with: [0x0A, 0x0B, 0x0C, 0x0D]) }
            #expect(throws: SecrecyError.self) { try pair.respond(to: bytes) }
            #expect(throws: SecrecyError.self) { try pending.finish(Bytes(bytes), at: pair.now) }
        }
    }

    @Test("refuses another prologue, responder or service", arguments: [Suite.noise, .standIn])
    func wrongContext(_ suite: Suite) throws {
        var pair = Pair(suite)
        let pending = try pair.initiate()
        var other = pair.response()
        other.prologue = [1, 2, 4]
        let datagram = Bytes(pending.datagram)
        #expect(throws: SecrecyError.forged) {
            try Handshake.respond(datagram, other, entropy: &pair.entropy, at: pair.now)
        }
        other = pair.response()
        other.identity = Identity.fresh(from: &pair.entropy)
        #expect(throws: SecrecyError.forged) {
            try Handshake.respond(datagram, other, entropy: &pair.entropy, at: pair.now)
        }
        var moved = pending.datagram
        moved[0] = Envelope.firstByte(.initiation, .tracker)
        #expect(throws: SecrecyError.forged) { try pair.respond(to: moved) }
    }

    @Test("suites do not mix")
    func suitesDoNotMix() throws {
        var noise = Pair(.noise)
        var standIn = Pair(.standIn)
        #expect(throws: SecrecyError.self) {
            try standIn.respond(to: try noise.initiate().datagram)
        }
        #expect(throws: SecrecyError.self) {
            try noise.respond(to: try standIn.initiate().datagram)
        }
    }

    @Test("a response answers one initiation only")
    func foreignResponse() throws {
        var pair = Pair()
        let first = try pair.initiate()
        let second = try pair.initiate()
        let response = Bytes(try pair.respond(to: first.datagram).response)
        #expect(throws: SecrecyError.forged) { try second.finish(response, at: pair.now) }
        var parameters = pair.initiation()
        parameters.localIndex = 5
        let third = try #require(
            Handshake.initiate(parameters, entropy: &pair.entropy, at: pair.now)
        )
        #expect(throws: SecrecyError.malformed) { try third.finish(response, at: pair.now) }
        _ = try first.finish(response, at: pair.now)
    }

    @Test("a replayed initiation makes keys that open nothing of the first session")
    func replay() throws {
        var pair = Pair()
        let pending = try pair.initiate()
        let first = try pair.respond(to: pending.datagram)
        let second = try pair.respond(to: pending.datagram)
        var alice = try pending.finish(Bytes(first.response), at: pair.now).session
        let sealed = Bytes(try alice.sealed([1], .peer))
        var replayed = second.session
        #expect(replayed.open(sealed, at: pair.now) == nil)
        #expect(!replayed.isConfirmed)
        var timestamps = TimestampGuard()
        #expect(timestamps.accept(first.timestamp, from: first.remoteKey) == true)
        #expect(timestamps.accept(second.timestamp, from: second.remoteKey) == false)
    }

    @Test("refuses keys of low order wherever they come", arguments: lowOrderPoints)
    func lowOrder(_ point: [UInt8]) throws {
        var pair = Pair()
        var parameters = pair.initiation()
        parameters.remoteKey = point
        #expect(Handshake.initiate(parameters, entropy: &pair.entropy, at: pair.now) == nil)

        let pending = try pair.initiate()
        var initiation = pending.datagram
        initiation.replaceSubrange(5..<37, with: point)
        #expect(throws: SecrecyError.weakKey) { try pair.respond(to: initiation) }

        var response = try pair.respond(to: pending.datagram).response
        response.replaceSubrange(9..<41, with: point)
        #expect(throws: SecrecyError.weakKey) { try pending.finish(Bytes(response), at: pair.now) }
    }

    @Test("refuses a sealed static key of low order", arguments: lowOrderPoints)
    func lowOrderStatic(_ point: [UInt8]) throws {
        var pair = Pair()
        let header = [Envelope.firstByte(.initiation, .peer), 0, 0, 0, 1]
        let ephemeral = Primitives.privateKey(pair.entropy.bytes(32))
        let sent = Array(ephemeral.publicKey.rawRepresentation)
        var symmetric = SymmetricState(protocolName: NoisePattern.ik.name)
        symmetric.mixHash(Handshake.prologue(header: header, [1, 2, 3]))
        symmetric.mixHash(pair.bob.publicKey)
        symmetric.mixHash(sent)
        symmetric.mixKey(try Primitives.agreement(ephemeral, with: pair.bob.publicKey))
        let sealed = try symmetric.encryptAndHash(point)
        let start = header + sent + sealed
        let datagram = start + [UInt8](repeating: 0, count: 1_200 - start.count)
        #expect(throws: SecrecyError.weakKey) { try pair.respond(to: datagram) }
    }

    @Test("does not talk to itself")
    func ownKey() throws {
        var pair = Pair()
        var parameters = pair.initiation()
        parameters.remoteKey = pair.alice.publicKey
        #expect(Handshake.initiate(parameters, entropy: &pair.entropy, at: pair.now) == nil)
        parameters.identity = pair.bob
        parameters.remoteKey = pair.bob.publicKey
        let forced = try #require(
            PendingInitiation(parameters, ephemeral: pair.entropy.bytes(32), at: pair.now)
        )
        #expect(throws: SecrecyError.ownKey) { try pair.respond(to: forced.datagram) }
    }

    @Test("refuses keys of a wrong length", arguments: [0, 1, 31, 33, 64])
    func keyLength(_ count: Int) throws {
        var pair = Pair()
        let bytes = [UInt8](repeating: 9, count: count)
        var parameters = pair.initiation()
        parameters.remoteKey = bytes
        #expect(Handshake.initiate(parameters, entropy: &pair.entropy, at: pair.now) == nil)
        #expect(throws: SecrecyError.badKey) { try Identity(privateKey: bytes) }
        #expect(throws: SecrecyError.badKey) { try ChannelAuthority(privateKey: bytes) }
    }
}
