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

extension ChannelRecord {
    /// By how many seconds two clocks may differ.
    public static let clockTolerance: Int64 = 60

    /// Whether the channel's authority made the record, and it is not void yet.
    public func isValid(for channel: ChannelID, at unixSeconds: Int64) -> Bool {
        let (limit, isEndless) = notAfter.addingReportingOverflow(ChannelRecord.clockTolerance)
        guard isEndless || unixSeconds <= limit,
            ChannelRecord.channel(authorityKey: authorityKey.array, name: name) == channel,
            !SmallOrder.contains(authorityKey), !SmallOrder.contains(sourceKey),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: authorityKey.array)
        else { return false }
        return key.isValidSignature(signature.array, for: channel.bytes + signed)
    }

    static func channel(authorityKey: [UInt8], name: String) -> ChannelID {
        var writer = ByteWriter(capacity: 256)
        writer.text(name, most: Join.nameMax)
        let hash = SHA256.hash(data: authorityKey + writer.bytes.dropFirst())
        guard let id = ChannelID(Array(hash.prefix(ChannelID.size))) else {
            preconditionFailure("SHA-256 is shorter than a channel identifier")
        }
        return id
    }
}

/// The points of Ed25519 of small order: a signature under one proves nothing.
enum SmallOrder {
    /// Their y coordinates, canonical and not, without the sign of x (Chalkias, Garillot,
    /// Nikolaenko: "Taming the many EdDSAs", 2020, table 1).
    private static let encodings: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        Hex.bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Hex.bytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ].compactMap { $0 }

    static func contains(_ point: Bytes) -> Bool {
        guard point.count == 32 else { return true }
        var bytes = point.array
        bytes[31] &= 0x7F
        return encodings.contains(bytes)
    }
}
