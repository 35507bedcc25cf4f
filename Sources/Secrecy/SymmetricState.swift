import Crypto

/// Noise's SymmetricState (revision 34, section 5.2): chaining key, handshake hash, cipher.
struct SymmetricState: Sendable {
    private(set) var hash: [UInt8]
    private var chainingKey: [UInt8]
    private var cipher = CipherState()

    init(protocolName: String) {
        let name = Array(protocolName.utf8)
        hash =
            name.count <= Primitives.keySize
            ? name + [UInt8](repeating: 0, count: Primitives.keySize - name.count)
            : Array(SHA256.hash(data: name))
        chainingKey = hash
    }

    /// Whether what is encrypted now is really encrypted.
    var hasKey: Bool { cipher.key != nil }

    mutating func mixHash(_ bytes: [UInt8]) { hash = Array(SHA256.hash(data: hash + bytes)) }

    mutating func mixKey(_ material: [UInt8]) {
        let (first, second) = derive(material)
        chainingKey = first
        cipher = CipherState(key: SymmetricKey(data: second))
    }

    mutating func encryptAndHash(_ plaintext: [UInt8]) throws(SecrecyError) -> [UInt8] {
        let ciphertext = try cipher.encrypt(plaintext, authenticating: hash)
        mixHash(ciphertext)
        return ciphertext
    }

    mutating func decryptAndHash(_ ciphertext: [UInt8]) throws(SecrecyError) -> [UInt8] {
        let plaintext = try cipher.decrypt(ciphertext, authenticating: hash)
        mixHash(ciphertext)
        return plaintext
    }

    /// The keys for the initiator's and for the responder's direction.
    func split() -> (initiator: SymmetricKey, responder: SymmetricKey) {
        let (first, second) = derive([])
        return (SymmetricKey(data: first), SymmetricKey(data: second))
    }

    /// Noise's HKDF with two outputs (revision 34, section 4.3).
    private func derive(_ material: [UInt8]) -> ([UInt8], [UInt8]) {
        func hmac(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
        }
        let temporary = hmac(chainingKey, material)
        let first = hmac(temporary, [1])
        return (first, hmac(temporary, first + [2]))
    }
}
