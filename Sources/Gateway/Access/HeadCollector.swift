import NIOCore

/// Cuts the bytes of a connection into request heads, strictly.
///
/// Lines end with CR LF and nothing else (RFC 9112 section 2.2 lets a recipient be lenient; two
/// recipients that are lenient in different ways is how requests are smuggled). Requests have no
/// bodies here, so a head ends where the next one begins.
struct HeadCollector {
    private let limit: Int
    private var pending = ByteBuffer()
    /// How many bytes of `pending` were looked at.
    private var scanned = 0
    /// How many bytes of the present line were looked at.
    private var lineLength = 0
    private var followsCarriageReturn = false

    init(limit: Int) { self.limit = limit }

    /// Whether more is pending than a head may have.
    var isOverfull: Bool { pending.readableBytes > limit }

    /// The method that the pending request seems to have.
    var method: RequestRules.Method {
        pending.readableBytesView.starts(with: "HEAD ".utf8) ? .head : .get
    }

    /// Adds bytes from the connection.
    mutating func append(_ bytes: ByteBuffer) { pending.writeImmutableBuffer(bytes) }

    /// The next complete head with its empty line, or nil when more bytes are needed.
    mutating func next() throws(Refusal) -> ByteBuffer? {
        let view = pending.readableBytesView
        while scanned < view.count {
            guard scanned < limit else { throw .tooLarge }
            let byte = view[view.startIndex + scanned]
            scanned += 1
            if try accept(byte) { return cut() }
        }
        return nil
    }

    /// Looks at one byte; true when it ends the head.
    private mutating func accept(_ byte: UInt8) throws(Refusal) -> Bool {
        if byte == UInt8(ascii: "\n") {
            guard followsCarriageReturn else { throw .malformed("A line ends without CR.") }
            followsCarriageReturn = false
            let length = lineLength
            lineLength = 0
            guard length == 0 else { return false }
            guard scanned > 2 else { throw .malformed("The request line is empty.") }
            return true
        }
        guard !followsCarriageReturn else { throw .malformed("A CR stands alone.") }
        if byte == UInt8(ascii: "\r") {
            followsCarriageReturn = true
            return false
        }
        guard (byte >= 0x20 && byte != 0x7F) || byte == UInt8(ascii: "\t") else {
            throw .malformed("There is a control character in the head.")
        }
        lineLength += 1
        return false
    }

    private mutating func cut() -> ByteBuffer? {
        let head = pending.readSlice(length: scanned)
        scanned = 0
        if pending.readableBytes == 0 { pending.clear() }
        return head
    }
}
