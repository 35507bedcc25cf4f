import Basics
import Glibc

/// Encoders that push with RTMP.
final class RtmpLine: EncoderLine {
    private let address: RtmpAddress
    private var server: RtmpServer?

    /// Will listen at an address.
    init(_ address: RtmpAddress) { self.address = address }

    var name: String { address.name }
    var persistence: EncoderPersistence { .waiting }

    func prepare(_ signal: StopSignal) throws(IngestError) {
        server = try RtmpServer(address)
    }

    func next(_ output: FeedOutput) throws(IngestError) -> EncoderSession? {
        while let arrival = server?.next(output.signal) {
            switch arrival {
            case .refused(let reason): output.report(.advice(reason))
            case .publisher(let readEnd):
                let source = try ByteSource(
                    readEnd,
                    name: name,
                    ownership: .owned,
                    signal: output.signal
                )
                return EncoderSession(feed: StreamFeed(source), pacing: .none) {
                    .lost("the connection was closed")
                }
            }
        }
        return nil
    }
}

/// Addresses that libavformat reaches: SRT, TCP, HTTP, RTSP, RTMP servers.
final class NetworkLine: EncoderLine {
    /// How long a connection may take.
    private static let connectMax = TimeSpan.seconds(10)
    /// A pulled stream that is away for longer is over.
    private static let patienceMax = TimeSpan.seconds(300)

    private let address: NetworkAddress
    private var prepared: EncoderSession?

    /// Will connect to an address, or listen at it.
    init(_ address: NetworkAddress) { self.address = address }

    var name: String { address.name }
    var persistence: EncoderPersistence {
        address.isListening ? .waiting : .trying(NetworkLine.patienceMax)
    }

    func prepare(_ signal: StopSignal) throws(IngestError) {
        if address.isListening {
            try checkPort()
        } else {
            prepared = try connect(signal)
        }
    }

    func next(_ output: FeedOutput) throws(IngestError) -> EncoderSession? {
        if let session = prepared {
            prepared = nil
            return session
        }
        return try connect(output.signal)
    }

    private func connect(_ signal: StopSignal) throws(IngestError) -> EncoderSession? {
        switch address.kind {
        case .srt, .tcp: return try bytes(signal)
        case .http: return try http(signal)
        case .rtsp, .rtmp: return try container(signal)
        }
    }

    private func open(_ signal: StopSignal) throws(IngestError) -> ByteSource? {
        let due = address.isListening ? nil : MonotonicClock.now + NetworkLine.connectMax
        guard let reader = try NetworkReader.open(address, signal, until: due) else { return nil }
        let source = ByteSource(reader, name: name, signal: signal)
        source.silenceMax = address.silenceMax
        return source
    }

    private func bytes(_ signal: StopSignal) throws(IngestError) -> EncoderSession? {
        guard let source = try open(signal) else { return nil }
        return NetworkLine.session(of: source)
    }

    private static func session(of source: ByteSource) -> EncoderSession {
        EncoderSession(feed: StreamFeed(source), pacing: .none) {
            .lost(source.hasTimedOut ? "nothing came any more" : "the connection was closed")
        }
    }

    /// A live transport stream passes bit for bit; files and playlists go through a demuxer.
    private func http(_ signal: StopSignal) throws(IngestError) -> EncoderSession? {
        guard let source = try open(signal) else { return nil }
        let head = source.peek(6 * TransportStream.packetLength).bytes
        if signal.isRaised { return nil }
        if source.length == nil, TransportStream.alignment(of: head) != nil {
            return NetworkLine.session(of: source)
        }
        return try container(signal)
    }

    private func container(_ signal: StopSignal) throws(IngestError) -> EncoderSession? {
        let due = MonotonicClock.now + NetworkLine.connectMax
        guard let demuxer = try Demuxer.open(address, signal, until: due) else { return nil }
        // What comes over HTTP may come faster than it plays.
        let isFile = address.kind == .http
        let feed = try RemuxFeed(demuxer, repetition: .once, isFile ? .patient : .prompt)
        return EncoderSession(feed: feed, pacing: isFile ? .realTime : .none) {
            if isFile, feed.damage == nil { return .finished }
            return .lost(feed.damage ?? "the stream has ended")
        }
    }

    /// libavformat takes the port only when it waits for the encoder; this tells earlier.
    private func checkPort() throws(IngestError) {
        guard let (host, port) = EncoderAddress.place(in: address.url) else { return }
        _ = try UdpSocket(host: host, port: port, name: name)
    }
}

/// Standard input, a named pipe or UDP: there is one session, whose end is the programme's.
final class SingleLine: EncoderLine {
    let name: String
    private var feed: (any Feed & Sendable)?

    /// Takes a feed that is open.
    init(_ feed: any Feed & Sendable, name: String) {
        self.feed = feed
        self.name = name
    }

    var persistence: EncoderPersistence { .single }

    func prepare(_ signal: StopSignal) throws(IngestError) {}

    func next(_ output: FeedOutput) throws(IngestError) -> EncoderSession? {
        guard let feed else { return nil }
        self.feed = nil
        return EncoderSession(feed: feed, pacing: output.pacing) { .finished }
    }
}

/// A command whose standard output is the stream.
final class CommandLineSource: EncoderLine {
    /// A command that cannot stay alive ends the broadcast after so long.
    private static let patienceMax = TimeSpan.seconds(60)

    private let words: [String]
    private var prepared: CommandProcess?

    /// Will start a program with arguments.
    init(_ words: [String]) { self.words = words }

    var name: String { words.first ?? "" }
    var persistence: EncoderPersistence { .trying(CommandLineSource.patienceMax) }

    func prepare(_ signal: StopSignal) throws(IngestError) {
        prepared = try CommandProcess(words, signal)
    }

    func next(_ output: FeedOutput) throws(IngestError) -> EncoderSession? {
        let process: CommandProcess
        if let waiting = prepared {
            process = waiting
        } else {
            process = try CommandProcess(words, output.signal)
        }
        prepared = nil
        return EncoderSession(feed: StreamFeed(process.output), pacing: output.pacing) {
            process.conclude()
        }
    }
}

/// A camera or a graph.
final class CaptureLine: EncoderLine {
    /// A camera that is unplugged for longer is gone.
    private static let patienceMax = TimeSpan.seconds(60)

    private let address: CaptureAddress
    private var prepared: EncoderSession?

    /// Will open a device.
    init(_ address: CaptureAddress) { self.address = address }

    var name: String { address.name }
    var persistence: EncoderPersistence { .trying(CaptureLine.patienceMax) }

    func prepare(_ signal: StopSignal) throws(IngestError) { prepared = try open(signal) }

    func next(_ output: FeedOutput) throws(IngestError) -> EncoderSession? {
        if let session = prepared {
            prepared = nil
            return session
        }
        return try open(output.signal)
    }

    private func open(_ signal: StopSignal) throws(IngestError) -> EncoderSession? {
        guard let demuxer = try Demuxer.open(address, signal) else { return nil }
        let feed = try CaptureFeed(demuxer, address)
        // A graph makes its pictures as fast as they are taken; a camera has its own time.
        let isGraph = address.device == .graph
        return EncoderSession(feed: feed, pacing: isGraph ? .realTime : .none) {
            isGraph ? .finished : .lost("the camera gives no more pictures")
        }
    }
}
