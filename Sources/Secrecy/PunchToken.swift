public import Basics
import Wire

/// The key of one introduction, from the tracker to the two peers that it brings together.
public struct PunchToken: Sendable, Hashable {
    /// The 16 bytes.
    public let bytes: Bytes

    /// Makes a token from its 16 bytes; nil for any other number of them.
    public init?(_ bytes: Bytes) {
        guard bytes.count == Introduction.tokenSize else { return nil }
        self.bytes = bytes
    }

    /// A new token.
    public static func fresh(from entropy: inout Entropy) -> PunchToken {
        PunchToken(fresh: entropy.bytes(Introduction.tokenSize))
    }

    private init(fresh: [UInt8]) { bytes = Bytes(fresh) }
}
