public import Basics

/// One unit of the sealed grammar.
///
/// A transport datagram carries one or more.
///
///     type u8 · length u16 · body          for types below 0x80
///     type u8 · body up to the end         for types from 0x80: chunk and manifest
///
/// A type that is not known is skipped and counted, so that later versions can add some. What is large
/// and rare is indirect: chunks are moved about in the same space.
public enum Message: Sendable, Equatable {
    // Peer to tracker.
    /// Asks to become a member of the swarm.
    indirect case join(Join)
    /// Tells the tracker how the peer fares.
    indirect case report(Report)
    // Tracker to peer.
    /// Takes a peer in.
    indirect case welcome(Welcome)
    /// Not now; try again after a time.
    case retry(Retry)
    /// Brings two peers together.
    indirect case introduce(Introduction)
    /// Tells a peer its parents.
    indirect case plan(PlanUpdate)
    /// Tells a peer how the swarm fares.
    indirect case summary(Summary)
    // Peer to peer.
    /// Asks a parent for stripes.
    case subscribe(Subscribe)
    /// A parent's answer.
    case subscribed(Subscribed)
    /// Ends subscriptions, by child or parent.
    case unsubscribe(Unsubscribe)
    /// Who stands between the source and the sender, per stripe.
    case ancestors(Ancestors)
    /// What the sender holds.
    case have(BufferMap)
    /// Asks for chunks that did not come.
    case request(ChunkRequest)
    /// The sender does not have these and does not expect them.
    case lack(ChunkRequest)
    /// Asks for the manifests of some blocks.
    case requestManifests(ManifestRequest)
    /// A child tells its parent what arrived.
    case feedback(Feedback)
    /// Asks for an echo.
    case probe(Probe)
    /// The echo.
    case echo(Echo)
    /// Without a tracker: asks a neighbour to introduce its neighbours.
    case seek(Seek)
    /// Both ways: the sender leaves.
    case goodbye(Goodbye)
    /// A block's signed description, as bytes.
    case manifest(Bytes)
    /// A chunk.
    case chunk(ChunkMessage)

    /// The type bytes.
    public enum Tag: UInt8, Sendable, CaseIterable {
        // In the order of the cases above, later ones last.
        case join = 0x01, report, welcome, retry, introduce, plan, summary
        case subscribe = 0x10, subscribed, unsubscribe, ancestors, have, request, lack
        case requestManifests, feedback, probe, echo, goodbye, seek
        case manifest = 0x80, chunk
    }
}

/// What was in an opened datagram.
public struct Content: Sendable {
    /// All messages, or all but the last one's body.
    public let messages: Bytes
    /// A long body that stands behind them and is kept apart, or nothing.
    public let body: Bytes

    /// Puts both parts together.
    public init(_ messages: Bytes, _ body: Bytes) {
        self.messages = messages
        self.body = body
    }
}

/// Steps through the messages of one opened datagram.
public struct MessageReader {
    private var reader: ByteReader
    /// The end of the last message, where it is kept apart.
    private let body: Bytes
    /// How many messages were of unknown type.
    public private(set) var unknownCount = 0

    /// Starts at the first message.
    public init(_ bytes: Bytes) { self.init(Content(bytes, .empty)) }

    /// Starts at the first message; the last one may end in a body that is apart.
    public init(_ content: Content) {
        reader = ByteReader(content.messages)
        body = content.body
    }

    /// The next message; nil at the end.
    ///
    /// After an error the rest of the datagram is void.
    public mutating func next() throws(WireError) -> Message? {
        while reader.remaining > 0 {
            let type = try reader.u8()
            let tag = Message.Tag(rawValue: type)
            if type >= 0x80 {
                let rest = reader.rest()
                if let tag { return try Message.parse(tag, rest, body) }
            } else {
                let body = try reader.take(Int(try reader.u16()))
                if let tag { return try Message.parse(tag, body) }
            }
            unknownCount += 1
        }
        return nil
    }
}
