/// Names a peer or a tracker: the first 8 bytes of its X25519 public key, big endian.
///
/// 64 bits tell swarm members apart; wherever it matters who somebody is, the whole key is compared.
public struct PeerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 64 bits.
    public let value: UInt64

    /// Makes an identifier from its 64 bits.
    public init(_ value: UInt64) { self.value = value }

    /// The identifier of the holder of a public key; missing bytes count as zero.
    public init(publicKey: [UInt8]) {
        value = (0..<8).reduce(0) { $0 << 8 | UInt64($1 < publicKey.count ? publicKey[$1] : 0) }
    }

    /// Orders by value.
    public static func < (left: PeerID, right: PeerID) -> Bool { left.value < right.value }

    /// 16 hexadecimal digits.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
    /// The first 4 hexadecimal digits, for people.
    public var short: String { String(description.prefix(4)) }
}

/// Names a channel: SHA-256(authority public key ‖ name), cut to 20 bytes.
///
/// A link that carries it is self-certifying: nobody without the authority key can serve another
/// stream under it.
public struct ChannelID: Hashable, Sendable, CustomStringConvertible {
    /// The 20 bytes.
    public let bytes: [UInt8]

    /// How many bytes an identifier has.
    public static let size = 20

    /// Makes an identifier from its 20 bytes; nil for any other number of them.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == ChannelID.size else { return nil }
        self.bytes = bytes
    }

    /// 40 hexadecimal digits.
    public var description: String { Hex.string(bytes) }
}

/// Names a chunk: its block and its index in the block, repair chunks included.
public struct ChunkID: Hashable, Comparable, Sendable {
    /// The block's number within its epoch, from 0.
    public var block: UInt32
    /// The index in the block, from 0 up to 63.
    public var index: UInt8

    /// Makes an identifier.
    public init(block: UInt32, index: UInt8) {
        self.block = block
        self.index = index
    }

    /// Orders by block, then by index.
    public static func < (left: ChunkID, right: ChunkID) -> Bool {
        (left.block, left.index) < (right.block, right.index)
    }
}
