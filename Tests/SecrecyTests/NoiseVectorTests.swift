import Basics
import Testing

@testable import Secrecy

/// Figures of the public Noise test vectors of haskell-cryptography/cacophony, as kept in
/// mcginty/snow, tests/vectors/cacophony.txt.
///
/// The handshake hashes are those after the last message. An early edition of that file gives the
/// ones before it.
struct NoiseVector: Sendable, CustomTestStringConvertible {
    var pattern: NoisePattern
    var handshakeHash: String
    var ciphertexts: [String]
    var testDescription: String { pattern.name }

    static let prologue = "4a6f686e2047616c74"
    static let initiatorStatic = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"
    static let initiatorEphemeral =
        "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"
    static let responderStatic = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"
    static let responderPublic = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62"
    static let responderEphemeral =
        "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"
    static let payloads = [
        "4c756477696720766f6e204d69736573",
        "4d757272617920526f746862617264",
        "462e20412e20486179656b",
        "4361726c204d656e676572",
        "4a65616e2d426170746973746520536179",
        "457567656e2042f6686d20766f6e2042617765726b",
    ]

    static let ik = NoiseVector(
        pattern: .ik,
        handshakeHash: "0b0f68fb0c27e03ce9b97565995ed4838cc0581b762ef72b062f6a546419fad7",
        ciphertexts: [
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944718da798efbcd915"
                + "28520204f904b9bd6c7413dccdc214d951e15253e39987f18146e8cd0873654207148333479d4d16"
                + "c289f0294b29960a72f48e0b7bba2e89083169825e59642148d492020664ccf7",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088435361e70b2ed446e6"
                + "c9ec387d1d6b3b840f194e373979d241b203c4acafccf5",
            "050e9f3c8fac16b68dbce8f8c4bfbf6617c897f9ada4aa29aa19c8",
            "344233a6cabb7141d80f3da2fedc311d9646bbb0f505afe403a667",
            "62cdeeb172ad7ade7aa7d9e069da5790f12331bfa00177787a1d0810c67dc3b2b4",
            "029bead1b40992327044d409d9a1f3ad8f36c3c452775d557e18bbeb2e8dfcead32d514024",
        ]
    )

    static let xx = NoiseVector(
        pattern: .xx,
        handshakeHash: "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e",
        ciphertexts: [
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
                + "4c756477696720766f6e204d69736573",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c"
                + "48378ffce2b65285e08d6b68aaa3629a5a8639392490e5b9bd5269c2f1e4f488ed8831161f19b781"
                + "5528f8982ffe09be9b5c412f8a0db50f8814c7194e83f23dbd8d162c9326ad",
            "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169a"
                + "e80a89be0865b57f58c9fea0d4ec82a286427402f113e4b6ae769a1d95941d49b25030",
            "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df",
            "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5",
            "eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3a58502ae3f",
        ]
    )
}

@Suite("Noise against the public test vectors")
struct NoiseVectorTests {
    @Test("matches the vectors byte for byte", arguments: [NoiseVector.ik, .xx])
    func vectors(_ vector: NoiseVector) throws {
        var initiator = try state(vector.pattern, .initiator)
        var responder = try state(vector.pattern, .responder)
        let steps = zip(NoiseVector.payloads, vector.ciphertexts).map { $0 }
        for (index, step) in steps.prefix(vector.pattern.messages.count).enumerated() {
            let payload = try #require(Hex.bytes(step.0))
            let isFromInitiator = index.isMultiple(of: 2)
            let message =
                isFromInitiator ? try initiator.write(payload) : try responder.write(payload)
            #expect(Hex.string(message) == step.1)
            let read = isFromInitiator ? try responder.read(message) : try initiator.read(message)
            #expect(read == payload)
        }
        #expect(initiator.isComplete && responder.isComplete)
        #expect(Hex.string(initiator.symmetric.hash) == vector.handshakeHash)
        #expect(responder.symmetric.hash == initiator.symmetric.hash)
        #expect(initiator.remoteKey.map { Hex.string($0) } == NoiseVector.responderPublic)
        try checkTransport(initiator, vector: vector, steps: steps)
    }

    @Test("refuses to go beyond the last message")
    func beyondTheEnd() throws {
        var state = try state(.ik, .initiator)
        var other = try self.state(.ik, .responder)
        _ = try other.read(try state.write([]))
        _ = try state.read(try other.write([]))
        #expect(throws: SecrecyError.malformed) { try state.write([]) }
        #expect(throws: SecrecyError.malformed) { try state.read([1]) }
    }

    private func checkTransport(
        _ state: HandshakeState,
        vector: NoiseVector,
        steps: [(String, String)]
    ) throws {
        let keys = state.symmetric.split()
        var ciphers = [CipherState(key: keys.initiator), CipherState(key: keys.responder)]
        for index in vector.pattern.messages.count..<steps.count {
            let payload = try #require(Hex.bytes(steps[index].0))
            let message = try ciphers[index % 2].encrypt(payload, authenticating: [])
            #expect(Hex.string(message) == steps[index].1)
        }
    }

    private func state(_ pattern: NoisePattern, _ side: HandshakeSide) throws -> HandshakeState {
        let isInitiator = side == .initiator
        let local = isInitiator ? NoiseVector.initiatorStatic : NoiseVector.responderStatic
        let ephemeral =
            isInitiator ? NoiseVector.initiatorEphemeral : NoiseVector.responderEphemeral
        let remote = isInitiator && pattern.responderIsKnown ? NoiseVector.responderPublic : nil
        return HandshakeState(
            pattern: pattern,
            side: side,
            keys: HandshakeState.Keys(
                local: Primitives.privateKey(try #require(Hex.bytes(local))),
                ephemeral: Primitives.privateKey(try #require(Hex.bytes(ephemeral))),
                remote: try remote.map { try #require(Hex.bytes($0)) }
            ),
            prologue: try #require(Hex.bytes(NoiseVector.prologue))
        )
    }
}
