public import Basics
import Crypto

/// A static X25519 key pair: who a peer or a tracker is.
///
/// Viewers take a fresh one per run, trackers and sources keep theirs.
public struct Identity: Sendable {
    /// The 32 bytes to persist; whoever has them is this peer.
    public let privateKey: [UInt8]
    /// The 32 bytes that others know.
    public let publicKey: [UInt8]
    /// The identifier that belongs to the public key.
    public let id: PeerID
    let key: Curve25519.KeyAgreement.PrivateKey

    /// Restores an identity from its 32 private bytes; `badKey` for any other number of them.
    public init(privateKey: [UInt8]) throws(SecrecyError) {
        guard privateKey.count == Primitives.keySize else { throw .badKey }
        self.init(bytes: privateKey)
    }

    /// A new identity.
    public static func fresh(from entropy: inout Entropy) -> Identity {
        Identity(bytes: entropy.bytes(Primitives.keySize))
    }

    private init(bytes: [UInt8]) {
        key = Primitives.privateKey(bytes)
        privateKey = bytes
        publicKey = Array(key.publicKey.rawRepresentation)
        id = PeerID(publicKey: publicKey)
    }
}
