public import Basics

/// A STUN Binding message (RFC 8489), with what RFC 5780 adds to look at the behaviour of NATs.
///
///     0    class and method u16: upper two bits 0
///     2    length of the attributes u16: a multiple of 4
///     4    magic cookie u32
///     8    transaction 12
///     20   attributes: type u16 · length u16 · value · padding to a multiple of 4
///
/// Its first byte is 0 or 1, which no datagram of `Envelope` has: those begin with the version, which is
/// not 0, in the upper 3 bits. Credentials are neither checked nor made: a tracker answers without.
public struct StunMessage: Sendable, Equatable {
    /// What the message is: class and the method Binding.
    public enum Kind: UInt16, Sendable, CaseIterable {
        /// Asks how the sender looks from outside.
        case request = 0x0001
        /// Keeps a mapping alive; not answered.
        case indication = 0x0011
        /// Tells.
        case success = 0x0101
        /// Refuses.
        case failure = 0x0111
    }

    /// Ties an answer to its request: 96 random bits.
    public struct Transaction: Hashable, Sendable {
        /// The first 4 bytes.
        public let high: UInt32
        /// The other 8 bytes.
        public let low: UInt64

        /// Makes a transaction from its bits.
        public init(high: UInt32, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    /// From where an answer is to come, other than where the request went (RFC 5780 section 7.2).
    public struct Change: OptionSet, Hashable, Sendable {
        /// The bits of the attribute.
        public let rawValue: UInt32
        /// Makes a set from its bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// From the other port.
        public static let port = Change(rawValue: 2)
        /// From the other address.
        public static let host = Change(rawValue: 4)
    }

    /// Whether the message ends with a FINGERPRINT.
    public enum Fingerprint: Sendable {
        /// It does, and it is right.
        case present
        /// It does not.
        case absent
    }

    /// What all messages have in bytes 4 to 7, but for those of clients older than it (RFC 3489).
    public static let magicCookie: UInt32 = 0x2112_A442
    /// Bytes of the header.
    public static let headerSize = 20
    /// The largest message: what fits IPv4's minimum of 576 bytes (RFC 8489 section 6.1).
    public static let sizeMax = 548
    /// The longest software name in bytes (RFC 8489 section 14.14).
    public static let softwareMax = 509
    /// So many unknown attributes are named in a refusal.
    public static let unknownMax = 8

    /// What it is.
    public var kind: Kind
    /// Bytes 4 to 7: the magic cookie, or with an old client more of the transaction.
    public var cookie = StunMessage.magicCookie
    /// Ties an answer to its request.
    public var transaction: Transaction
    /// XOR-MAPPED-ADDRESS: how the asker looks from outside.
    public var mapped: Endpoint?
    /// SOFTWARE: who speaks.
    public var software: String?
    /// CHANGE-REQUEST: from where the answer is to come.
    public var change: Change = []
    /// RESPONSE-PORT: to which port of the asker's address the answer is to go.
    public var responsePort: UInt16?
    /// RESPONSE-ORIGIN: where the answer came from.
    public var origin: Endpoint?
    /// OTHER-ADDRESS: where the tracker's other address and port are.
    public var otherAddress: Endpoint?
    /// ERROR-CODE of a failure: 300 up to 699.
    public var errorCode: UInt16?
    /// Attributes that must be understood and are not; UNKNOWN-ATTRIBUTES of a failure.
    public var unknown: [UInt16] = []
    /// Whether it ends with a FINGERPRINT.
    public var fingerprint = Fingerprint.absent

    /// Makes a message without attributes.
    public init(_ kind: Kind, _ transaction: Transaction) {
        self.kind = kind
        self.transaction = transaction
    }

    /// Whether an old client speaks, which knows neither the cookie nor masked addresses (RFC 8489 section
    /// 11).
    public var isOld: Bool { cookie != StunMessage.magicCookie }

    /// Whether a datagram can only be STUN: its first bits, its cookie and its length say so.
    ///
    /// Without the cookie only a request counts.
    public static func isLikely(_ datagram: Bytes) -> Bool {
        guard datagram.count >= headerSize, datagram[0] < 0x40 else { return false }
        let cookie = (4...7).reduce(UInt32(0)) { $0 << 8 | UInt32(datagram[$1]) }
        let length = Int(datagram[2]) << 8 | Int(datagram[3])
        let isRequest = datagram[0] == 0 && datagram[1] == Kind.request.rawValue
        return (cookie == magicCookie || isRequest) && length == datagram.count - headerSize
    }
}
