public import Basics
import Crypto
public import Wire

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
