/// A UDP payload.
///
/// One run of bytes, as it is on a socket; or two, where a driver can pass a long body on as it is: then
/// a simulation's relays copy no chunk.
public struct Datagram: Sendable {
    /// All of it, or all but the body.
    public let head: Bytes
    /// What belongs into the head at `bodyAt`; empty on a socket.
    public let body: Bytes
    /// Where in the head the body belongs.
    private let bodyAt: UInt32

    /// A payload in one run.
    public init(_ bytes: Bytes) {
        head = bytes
        body = .empty
        bodyAt = UInt32(bytes.count)
    }

    /// A payload whose body is kept apart, so many bytes before the head's end.
    public init(head: [UInt8], body: Bytes, tail: Int) {
        self.head = Bytes(head)
        self.body = body
        bodyAt = UInt32(max(0, head.count - tail))
    }

    /// How many bytes it has.
    public var count: Int { head.count + body.count }
    /// Whether it has none.
    public var isEmpty: Bool { count == 0 }

    /// All of it in one run; free where it is one.
    public var bytes: [UInt8] {
        guard !body.isEmpty else { return head.array }
        var all: [UInt8] = []
        all.reserveCapacity(count)
        all += head.slice(0, Int(bodyAt)).storageSlice
        all += body.storageSlice
        all += head.suffix(from: Int(bodyAt)).storageSlice
        return all
    }
}
