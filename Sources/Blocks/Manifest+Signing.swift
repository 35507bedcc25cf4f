import Basics
import Wire

extension Manifest {
    /// Keeps a signature of a manifest from being taken for one of anything else.
    private static let context = Array("candela manifest 1".utf8)

    /// What the source signs: a context, the channel's identifier, everything but the signature.
    static func signedMessage(channel: ChannelID, unsigned: some Sequence<UInt8>) -> [UInt8] {
        var message = context
        message.reserveCapacity(context.count + ChannelID.size + 64 + chunksMax * hashSize)
        message += channel.bytes
        message.append(contentsOf: unsigned)
        return message
    }
}
