public import Basics
import Crypto
public import Wire

/// The Ed25519 key pair that a channel's identifier is made of: it says who may be the source.
public struct ChannelAuthority: Sendable {
    /// The 32 bytes to persist; whoever has them owns the channel.
    public let privateKey: [UInt8]
    /// The 32 bytes that others know.
    public let publicKey: [UInt8]
    private let key: Curve25519.Signing.PrivateKey

    /// Restores an authority from its 32 private bytes; `badKey` for any other number of them.
    public init(privateKey: [UInt8]) throws(SecrecyError) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: privateKey) else {
            throw .badKey
        }
        self.init(privateKey, key)
    }

    /// A new authority.
    public static func fresh(from entropy: inout Entropy) -> ChannelAuthority {
        let bytes = entropy.bytes(Primitives.keySize)
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes) else {
            preconditionFailure("an Ed25519 private key of \(bytes.count) bytes")
        }
        return ChannelAuthority(bytes, key)
    }

    private init(_ bytes: [UInt8], _ key: Curve25519.Signing.PrivateKey) {
        privateKey = bytes
        publicKey = Array(key.publicKey.rawRepresentation)
        self.key = key
    }

    /// The identifier of this authority's channel of that name; the name counts up to 128 bytes.
    public func channel(named name: String) -> ChannelID {
        ChannelRecord.channel(authorityKey: publicKey, name: name)
    }

    /// Puts this authority's key and signature into a record.
    public func sign(_ record: inout ChannelRecord) {
        record.authorityKey = Bytes(publicKey)
        let content = channel(named: record.name).bytes + record.signed
        record.signature = (try? key.signature(for: content)).map { Bytes(Array($0)) } ?? .empty
    }
}
