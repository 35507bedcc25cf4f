import Crypto

/// Noise's CipherState (revision 34, section 5.1): a key and the count of its uses.
struct CipherState: Sendable {
    private(set) var key: SymmetricKey?
    private var nonce: UInt64 = 0

    init(key: SymmetricKey? = nil) { self.key = key }

    /// Ciphertext and tag; the plaintext itself while there is no key.
    mutating func encrypt(
        _ plaintext: [UInt8],
        authenticating data: [UInt8]
    ) throws(SecrecyError) -> [UInt8] {
        guard let key else { return plaintext }
        guard let nonce = Primitives.nonce(nonce),
            let box = try? ChaChaPoly.seal(
                plaintext,
                using: key,
                nonce: nonce,
                authenticating: data
            )
        else { throw .malformed }
        self.nonce += 1
        return Array(box.ciphertext) + box.tag
    }

    /// The plaintext; `forged` and no change when the tag does not match.
    mutating func decrypt(
        _ ciphertext: [UInt8],
        authenticating data: [UInt8]
    ) throws(SecrecyError) -> [UInt8] {
        guard let key else { return ciphertext }
        guard ciphertext.count >= Primitives.tagSize else { throw .malformed }
        let split = ciphertext.count - Primitives.tagSize
        guard let nonce = Primitives.nonce(nonce),
            let box = try? ChaChaPoly.SealedBox(
                nonce: nonce,
                ciphertext: ciphertext[..<split],
                tag: ciphertext[split...]
            ),
            let plaintext = try? ChaChaPoly.open(box, using: key, authenticating: data)
        else { throw .forged }
        self.nonce += 1
        return Array(plaintext)
    }
}
