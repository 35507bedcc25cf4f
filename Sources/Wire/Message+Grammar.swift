import Basics

/// A message's body: what it is on the wire.
protocol MessageBody {
    static var tag: Message.Tag { get }
    init(from reader: inout ByteReader) throws(WireError)
    func emit(into writer: inout ByteWriter)
}

extension Message {
    /// Appends the message with its type and length.
    public func emit(into writer: inout ByteWriter) {
        switch self {
        case .chunk(let chunk): chunk.emit(into: &writer)
        case .manifest(let bytes):
            writer.raw(Message.manifestHead)
            writer.raw(bytes)
        case .join(let body): framed(body, into: &writer)
        case .report(let body): framed(body, into: &writer)
        case .welcome(let body): framed(body, into: &writer)
        case .retry(let body): framed(body, into: &writer)
        case .introduce(let body): framed(body, into: &writer)
        case .plan(let body): framed(body, into: &writer)
        case .summary(let body): framed(body, into: &writer)
        case .subscribe(let body): framed(body, into: &writer)
        case .subscribed(let body): framed(body, into: &writer)
        case .unsubscribe(let body): framed(body, into: &writer)
        case .ancestors(let body): framed(body, into: &writer)
        case .have(let body): framed(body, into: &writer)
        case .request(let body): framed(body, tag: .request, into: &writer)
        case .lack(let body): framed(body, tag: .lack, into: &writer)
        case .requestManifests(let body): framed(body, into: &writer)
        case .feedback(let body): framed(body, into: &writer)
        case .probe(let body): framed(body, into: &writer)
        case .echo(let body): framed(body, into: &writer)
        case .goodbye(let body): framed(body, into: &writer)
        case .seek(let body): framed(body, into: &writer)
        }
    }

    /// What stands before a manifest on the wire.
    public static let manifestHead = [Tag.manifest.rawValue]

    /// The message as bytes.
    public var emitted: [UInt8] {
        var writer = ByteWriter()
        emit(into: &writer)
        return writer.bytes
    }

    /// A message without a length, whose bytes may be in two parts.
    ///
    /// Only a chunk's payload, and a manifest, may be the second.
    static func parse(_ tag: Tag, _ start: Bytes, _ body: Bytes) throws(WireError) -> Message {
        guard !body.isEmpty else { return try parse(tag, start) }
        switch tag {
        case .chunk: return .chunk(try ChunkMessage.parse(start, body))
        case .manifest where start.isEmpty: return .manifest(body)
        default: throw .badValue
        }
    }

    static func parse(_ tag: Tag, _ body: Bytes) throws(WireError) -> Message {
        switch tag {
        case .chunk: .chunk(try ChunkMessage.parse(body))
        case .manifest: .manifest(body)
        case .join: .join(try whole(body))
        case .report: .report(try whole(body))
        case .welcome: .welcome(try whole(body))
        case .retry: .retry(try whole(body))
        case .introduce: .introduce(try whole(body))
        case .plan: .plan(try whole(body))
        case .summary: .summary(try whole(body))
        case .subscribe: .subscribe(try whole(body))
        case .subscribed: .subscribed(try whole(body))
        case .unsubscribe: .unsubscribe(try whole(body))
        case .ancestors: .ancestors(try whole(body))
        case .have: .have(try whole(body))
        case .request: .request(try whole(body))
        case .lack: .lack(try whole(body))
        case .requestManifests: .requestManifests(try whole(body))
        case .feedback: .feedback(try whole(body))
        case .probe: .probe(try whole(body))
        case .echo: .echo(try whole(body))
        case .goodbye: .goodbye(try whole(body))
        case .seek: .seek(try whole(body))
        }
    }

    /// Bytes that follow a known body are ignored, so that later versions can add fields.
    private static func whole<Body: MessageBody>(_ bytes: Bytes) throws(WireError) -> Body {
        var reader = ByteReader(bytes)
        return try Body(from: &reader)
    }

    private func framed<Body: MessageBody>(
        _ body: Body,
        tag: Tag = Body.tag,
        into writer: inout ByteWriter
    ) {
        writer.u8(tag.rawValue)
        let at = writer.bytes.count
        writer.u16(0)
        body.emit(into: &writer)
        writer.patchU16(UInt16(truncatingIfNeeded: writer.bytes.count - at - 2), at: at)
    }
}
