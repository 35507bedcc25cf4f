public import Basics

/// Brings two peers together: both send a punch to the other, and the initiator opens the session
/// once a punch has come.
public struct Introduction: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.introduce

    /// Who opens the session.
    public enum Part: UInt8, Sendable, CaseIterable {
        /// The receiver of this message.
        case initiator = 0
        /// The other one.
        case responder = 1
    }

    /// Names the introduction at both peers.
    public var number: UInt64
    /// Single-use key under which the punches are authenticated, 16 bytes.
    public var token: Bytes
    /// Which part the receiver plays.
    public var part: Part
    /// The other peer.
    public var contact: Contact
    /// What the other peer does.
    public var role: Role
    /// The other peer's name; the receiver cleans it.
    public var name: String
    /// The receiver's ticket for a relay through the tracker that introduces, where there is no other way;
    /// 0 for none.
    public var relay: UInt64 = 0
    /// The receiver's own NAT, as the other peer is told it; nil when nobody knows anything.
    public var near: NatOutlook?
    /// The other peer's NAT.
    public var far: NatOutlook?

    /// Bytes of a token.
    public static let tokenSize = 16

    /// Makes a message.
    public init(number: UInt64, token: Bytes, part: Part, contact: Contact) {
        self.number = number
        self.token = token
        self.part = part
        self.contact = contact
        role = .viewer
        name = ""
    }

    init(from reader: inout ByteReader) throws(WireError) {
        number = try reader.u64()
        token = try reader.take(Introduction.tokenSize)
        guard let part = Part(rawValue: try reader.u8()),
            let role = Role(rawValue: try reader.u8())
        else { throw .badValue }
        self.part = part
        self.role = role
        contact = try Contact(from: &reader)
        name = try reader.text(most: Join.nameMax)
        near = try NatOutlook.parse(from: &reader)
        far = try NatOutlook.parse(from: &reader)
        relay = try reader.u64()
    }

    func emit(into writer: inout ByteWriter) {
        writer.u64(number)
        writer.raw(token)
        writer.u8(part.rawValue)
        writer.u8(role.rawValue)
        contact.emit(into: &writer)
        writer.text(name, most: Join.nameMax)
        NatOutlook.emit(near, into: &writer)
        NatOutlook.emit(far, into: &writer)
        writer.u64(relay)
    }
}
