import Crypto

/// The Ed25519 key pair with which a source signs its blocks.
public struct SourceKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// The public key, 32 bytes.
    public let publicKey: [UInt8]

    /// Takes a private key of 32 bytes; nil for any other number of them.
    ///
    /// Every 32 bytes are a key: for a fresh one, pass random bytes.
    public init?(privateKey: [UInt8]) {
        guard privateKey.count == 32,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: privateKey)
        else { return nil }
        self.key = key
        publicKey = Array(key.publicKey.rawRepresentation)
    }

    /// The signature of a message, 64 bytes; the same for the same message.
    ///
    /// Empty, which nobody accepts, should the library fail.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        (try? key.signature(for: message)).map { Array($0) } ?? []
    }
}
