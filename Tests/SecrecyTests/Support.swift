import Basics
import Secrecy
import Testing
import Wire

/// Two parties with fixed keys, and what tests need of them.
struct Pair {
    var alice: Identity
    var bob: Identity
    var entropy: Entropy
    let suite: Suite
    var now = Instant.origin + .seconds(1_000)

    init(_ suite: Suite = .noise, seed: UInt8 = 1) {
        var entropy = Entropy(secret: [UInt8](repeating: seed, count: 32))
        alice = Identity.fresh(from: &entropy)
        bob = Identity.fresh(from: &entropy)
        self.entropy = entropy
        self.suite = suite
    }

    /// What Alice brings to a handshake with Bob.
    func initiation(payload: [UInt8] = Array("hello".utf8)) -> InitiationParameters {
        var parameters = InitiationParameters(
            identity: alice,
            remoteKey: bob.publicKey,
            service: .peer,
            localIndex: 0x0A0B_0C0D
        )
        parameters.suite = suite
        parameters.prologue = [1, 2, 3]
        parameters.payload = payload
        return parameters
    }

    /// What Bob brings to it.
    func response(payload: [UInt8] = Array("welcome".utf8)) -> ResponseParameters {
        var parameters = ResponseParameters(identity: bob, localIndex: 0x0102_0304)
        parameters.suite = suite
        parameters.prologue = [1, 2, 3]
        parameters.payload = payload
        return parameters
    }

    mutating func initiate() throws -> PendingInitiation {
        try #require(Handshake.initiate(initiation(), entropy: &entropy, at: now))
    }

    mutating func respond(to datagram: [UInt8]) throws(SecrecyError) -> Accepted {
        try Handshake.respond(Bytes(datagram), response(), entropy: &entropy, at: now)
    }

    /// A session as Alice and as Bob see it.
    mutating func sessions() throws -> (alice: Session, bob: Session) {
        let pending = try initiate()
        let accepted = try respond(to: pending.datagram)
        let finished = try pending.finish(Bytes(accepted.response), at: now)
        return (finished.session, accepted.session)
    }
}

/// Every copy of some bytes with one bit the other way round.
func bitFlips(_ bytes: [UInt8], in range: Range<Int>? = nil) -> some Sequence<[UInt8]> {
    (range ?? bytes.indices).lazy.flatMap { index in
        (0..<8).lazy.map { bit in
            var copy = bytes
            copy[index] ^= 1 << UInt8(bit)
            return copy
        }
    }
}

/// The public keys with which every X25519 agreement is zero (curve25519: cr.yp.to/ecdh.html).
let lowOrderPoints: [[UInt8]] = [
    [UInt8](repeating: 0, count: 32),
    [1] + [UInt8](repeating: 0, count: 31),
    [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    Hex.bytes("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800") ?? [],
    Hex.bytes("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157") ?? [],
]

extension Session {
    /// A sealed datagram; the test fails when there is none.
    mutating func sealed(_ messages: [UInt8], _ service: Envelope.Service) throws -> [UInt8] {
        let datagram = seal(messages, service: service)
        return try #require(datagram)
    }
}
