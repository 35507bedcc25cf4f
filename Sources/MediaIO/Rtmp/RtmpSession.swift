/// The server's side of one RTMP connection: bytes in, bytes and events out; no socket, no clock.
///
/// It takes the role of a server for one stream: handshake, `connect`, `createStream`, `publish`,
/// then sound and pictures. Nothing is ever played from it.
struct RtmpSession {
    /// What comes of bytes.
    enum Output {
        /// Bytes for the encoder.
        case send([UInt8])
        /// The encoder publishes with the right key; media follow.
        case publish
        /// Bytes of an FLV file, tags as they came.
        case media([UInt8])
        /// Close the connection once everything is sent; the words say why, nil when it is the
        /// encoder's wish.
        case close(String?)
    }

    private enum Phase {
        /// Version and first part of the handshake are awaited.
        case greeting
        /// The second part is awaited.
        case echo
        case commands
        case publishing
        case closed
    }

    /// The handshake's parts, C1, C2, S1 and S2 (section 5.2.2).
    private static let handshakeLength = 1_536
    private static let version: UInt8 = 3
    /// How many bytes may be unacknowledged either way: a second at 20 Mbit/s.
    private static let window = 2_500_000
    private static let chunkSize = 4_096
    private static let streamNumber: UInt32 = 1

    private let path: String
    private var phase = Phase.greeting
    private var input: [UInt8] = []
    private var reader = RtmpChunkReader()
    private var application = ""
    private var received: UInt64 = 0
    private var acknowledged: UInt64 = 0

    /// Waits for an encoder that publishes to `application/key`.
    init(path: String) { self.path = path }

    /// Takes bytes from the encoder.
    mutating func receive(_ bytes: ArraySlice<UInt8>, into outputs: inout [Output]) {
        received &+= UInt64(bytes.count)
        switch phase {
        case .greeting, .echo:
            input += bytes
            greet(&outputs)
        case .commands, .publishing: read(bytes, &outputs)
        case .closed: return
        }
        acknowledge(&outputs)
    }

    private mutating func greet(_ outputs: inout [Output]) {
        let length = RtmpSession.handshakeLength
        if phase == .greeting {
            if let first = input.first, first != RtmpSession.version {
                return close("it does not speak RTMP", &outputs)
            }
            guard input.count > length else { return }
            let theirs = input[1...length]
            input.removeFirst(1 + length)
            // S1: time 0, four zeros for the simple handshake, then what the encoder sends back.
            let own = [UInt8](repeating: 0, count: 8) + (8..<length).map { UInt8($0 & 0xFF) }
            outputs.append(.send([RtmpSession.version] + own + theirs))
            phase = .echo
        }
        guard input.count >= length else { return }
        let rest = input[length...]
        phase = .commands
        input = []
        if !rest.isEmpty { read(Array(rest)[...], &outputs) }
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, _ outputs: inout [Output]) {
        do throws(RtmpChunkReader.Violation) {
            for message in try reader.append(bytes) {
                take(message, &outputs)
                if phase == .closed { return }
            }
        } catch {
            close("its data make no sense (\(error))", &outputs)
        }
    }

    private mutating func take(_ message: RtmpMessage, _ outputs: inout [Output]) {
        let kind = RtmpMessage.Kind.self
        switch message.type {
        case kind.command: command(AmfReader(message.payload), &outputs)
        // AMF3 commands begin with a byte that says that AMF0 follows.
        case kind.commandAmf3: command(AmfReader(message.payload, from: 1), &outputs)
        case kind.audio, kind.video, kind.metadata:
            guard phase == .publishing else { return }
            if let complaint = FlvTag.complaint(about: message) {
                return close(complaint, &outputs)
            }
            guard let tag = FlvTag.bytes(of: message) else { return }
            outputs.append(.media(tag))
        default: return
        }
    }

    private mutating func command(_ reader: AmfReader, _ outputs: inout [Output]) {
        var reader = reader
        guard let name = reader.next()?.string, let transaction = reader.next()?.number else {
            return close("its commands make no sense", &outputs)
        }
        let object = reader.next()
        switch name {
        case "connect": connect(transaction, object?["app"]?.string ?? "", &outputs)
        case "createStream":
            let number = AmfValue.number(Double(RtmpSession.streamNumber))
            reply([.string("_result"), .number(transaction), .null, number], &outputs)
        case "releaseStream", "FCPublish":
            reply([.string("_result"), .number(transaction), .null, .null], &outputs)
        case "publish": publish(key: reader.next()?.string ?? "", &outputs)
        case "play", "play2":
            status("error", "NetStream.Play.Failed", "nothing can be played here", &outputs)
            close("it wanted to play, and this address only takes a stream", &outputs)
        case "FCUnpublish", "deleteStream", "closeStream":
            if phase == .publishing { close(nil, &outputs) }
        default: return
        }
    }

    private mutating func connect(
        _ transaction: Double,
        _ application: String,
        _ outputs: inout [Output]
    ) {
        self.application = application
        let window = AmfValue.bigEndian(UInt64(RtmpSession.window), bytes: 4)
        let size = AmfValue.bigEndian(UInt64(RtmpSession.chunkSize), bytes: 4)
        control(RtmpMessage.Kind.windowSize, window, &outputs)
        control(RtmpMessage.Kind.peerBandwidth, window + [2], &outputs)
        control(RtmpMessage.Kind.setChunkSize, size, &outputs)
        let server = AmfValue.object([
            ("fmsVer", .string("FMS/3,0,1,123")), ("capabilities", .number(31)),
        ])
        let result = AmfValue.object([
            ("level", .string("status")), ("code", .string("NetConnection.Connect.Success")),
            ("description", .string("connected")), ("objectEncoding", .number(0)),
        ])
        reply([.string("_result"), .number(transaction), server, result], &outputs)
    }

    private mutating func publish(key: String, _ outputs: inout [Output]) {
        guard phase == .commands else { return }
        guard RtmpSession.isSame("\(application)/\(key)", path) else {
            status("error", "NetStream.Publish.BadName", "wrong stream key", &outputs)
            return close("it has a wrong stream key", &outputs)
        }
        // User control 0: the stream begins.
        control(
            RtmpMessage.Kind.userControl,
            [0, 0] + AmfValue.bigEndian(UInt64(RtmpSession.streamNumber), bytes: 4),
            &outputs
        )
        status("status", "NetStream.Publish.Start", "publishing", &outputs)
        phase = .publishing
        outputs.append(.publish)
        outputs.append(.media(FlvTag.fileHeader))
    }

    /// Compares paths in a time that does not tell where they differ; slashes at the ends and
    /// doubled ones, which encoders add, do not count.
    private static func isSame(_ given: String, _ wanted: String) -> Bool {
        let left = given.split(separator: "/").joined(separator: "/").utf8
        let right = wanted.split(separator: "/").joined(separator: "/").utf8
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    private mutating func close(_ reason: String?, _ outputs: inout [Output]) {
        phase = .closed
        outputs.append(.close(reason))
    }

    /// Tells the encoder, every half window, how much has come.
    private mutating func acknowledge(_ outputs: inout [Output]) {
        guard received - acknowledged >= UInt64(RtmpSession.window / 2) else { return }
        acknowledged = received
        let count = AmfValue.bigEndian(received & 0xFFFF_FFFF, bytes: 4)
        control(RtmpMessage.Kind.acknowledgement, count, &outputs)
    }

    private func control(_ type: UInt8, _ payload: [UInt8], _ outputs: inout [Output]) {
        let message = RtmpMessage(type: type, payload: payload)
        outputs.append(.send(message.chunked(on: 2, size: RtmpSession.chunkSize)))
    }

    private func reply(_ values: [AmfValue], _ outputs: inout [Output]) {
        let message = RtmpMessage(
            type: RtmpMessage.Kind.command,
            payload: values.flatMap(\.encoded)
        )
        // Until our chunk size is known, 128 bytes hold; longer replies come after it was sent.
        outputs.append(.send(message.chunked(on: 3, size: RtmpSession.chunkSize)))
    }

    private func status(
        _ level: String,
        _ code: String,
        _ words: String,
        _ outputs: inout [Output]
    ) {
        let about = AmfValue.object([
            ("level", .string(level)), ("code", .string(code)), ("description", .string(words)),
        ])
        let values: [AmfValue] = [.string("onStatus"), .number(0), .null, about]
        let message = RtmpMessage(
            type: RtmpMessage.Kind.command,
            stream: RtmpSession.streamNumber,
            payload: values.flatMap(\.encoded)
        )
        outputs.append(.send(message.chunked(on: 5, size: RtmpSession.chunkSize)))
    }
}
