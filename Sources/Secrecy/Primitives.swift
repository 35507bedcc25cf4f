import Crypto

/// The few cryptographic operations that everything here is made of.
enum Primitives {
    /// Bytes of a truncated MAC and of every AEAD tag.
    static let tagSize = 16
    /// Bytes of a key, a hash and an X25519 point.
    static let keySize = 32

    /// The first 16 bytes of HMAC-SHA256.
    static func mac(_ bytes: ArraySlice<UInt8>, key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(tagSize))
    }

    /// Compares without telling by its time where the difference is.
    static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }

    /// A key for one purpose, derived from a public key: who does not know the public key cannot
    /// make the MACs.
    static func derivedKey(_ purpose: String, from publicKey: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: publicKey),
            info: Array("candela \(purpose)".utf8),
            outputByteCount: keySize
        )
    }

    /// The X25519 agreement; refuses the all-zero result of a public key of low order, which
    /// swift-crypto lets pass.
    static func agreement(
        _ privateKey: Curve25519.KeyAgreement.PrivateKey,
        with publicKey: [UInt8]
    ) throws(SecrecyError) -> [UInt8] {
        guard let point = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
            let secret = try? privateKey.sharedSecretFromKeyAgreement(with: point)
        else { throw .badKey }
        let bytes = secret.withUnsafeBytes { Array($0) }
        guard bytes.reduce(0, |) != 0 else { throw .weakKey }
        return bytes
    }

    /// A private key from 32 bytes, of which every value is one.
    static func privateKey(_ bytes: [UInt8]) -> Curve25519.KeyAgreement.PrivateKey {
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
            preconditionFailure("an X25519 private key of \(bytes.count) bytes")
        }
        return key
    }

    /// Noise's nonce: 32 zero bits, then the counter, little endian (Noise revision 34, section 12.3).
    static func nonce(_ counter: UInt64) -> ChaChaPoly.Nonce? {
        let low = UInt32(truncatingIfNeeded: counter).littleEndian
        let high = UInt32(truncatingIfNeeded: counter >> 32).littleEndian
        return withUnsafeBytes(of: (UInt32(0), low, high)) { try? ChaChaPoly.Nonce(data: $0) }
    }
}
