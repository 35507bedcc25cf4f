import Basics
import Testing

@testable import Secrecy

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
