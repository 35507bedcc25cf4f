import Basics

/// Opens what the user named and picks the feed that fits what it holds.
struct FeedOpener {
    /// How long a pipe may stay silent before its check is put off.
    private static let silenceMax = TimeSpan.seconds(2)
    /// How long a pipe may take to show what it holds, once it has begun.
    private static let openMax = TimeSpan.seconds(10)

    /// Whether the source starts again at its end.
    let repetition: IngestOptions.Repetition
    /// Ends every wait.
    let signal: StopSignal
    /// The descriptor that `-` stands for.
    let standardInput: Int32
    /// A file that plays while the encoder is away.
    let card: String?

    /// Opens a source.
    func open(_ address: SourceAddress) throws(IngestError) -> any Feed & Sendable {
        switch address {
        case .file(let path):
            let source = try ByteSource.open(path: path, signal: signal)
            if source.nature == .stream { return try live(open(source), name: path) }
            try refuseCard(path)
            return try open(source)
        case .standardInput:
            let name = "standard input"
            let source = try ByteSource(
                standardInput,
                name: name,
                ownership: .borrowed,
                signal: signal
            )
            guard source.nature == .stream else {
                try refuseCard(name)
                return try open(source)
            }
            return try live(open(source), name: name)
        case .datagrams(let host, let port):
            let name = "udp://\(host):\(port)"
            try refuseLoop(name)
            let socket = try UdpSocket(host: host, port: port)
            return try live(LiveFeed(.socket(socket, name: name)), name: name)
        case .rtmp(let address):
            return try live(RtmpLine(address))
        case .network(let address):
            return try live(NetworkLine(address))
        case .capture(let address):
            return try live(CaptureLine(address))
        case .pattern(let format):
            try refuseCard("the test pattern")
            return try PatternFeed(format)
        }
    }

    /// Starts a command whose standard output is the stream.
    func open(command: String) throws(IngestError) -> any Feed & Sendable {
        try live(CommandLineSource(CommandWords.split(command)))
    }

    private func live(_ feed: any Feed & Sendable, name: String) throws(IngestError) -> EncoderFeed
    {
        try EncoderFeed(SingleLine(feed, name: name), card: card, signal: signal)
    }

    private func live(_ line: some EncoderLine) throws(IngestError) -> EncoderFeed {
        try refuseLoop(line.name)
        return try EncoderFeed(line, card: card, signal: signal)
    }

    private func open(_ source: ByteSource) throws(IngestError) -> any Feed & Sendable {
        switch source.nature {
        case .file:
            return try FeedOpener.identify(source, repetition)
        case .stream:
            try refuseLoop(source.name)
            let feed = StreamFeed(source)
            source.deadline = MonotonicClock.now + FeedOpener.silenceMax
            if source.peek(1).bytes.isEmpty == false {
                source.deadline = MonotonicClock.now + FeedOpener.openMax
            }
            try feed.identify()
            source.deadline = nil
            return feed
        }
    }

    private func refuseCard(_ name: String) throws(IngestError) {
        guard card != nil else { return }
        throw IngestError(.badSource, "\(name): never goes offline; leave out --offline-card")
    }

    private func refuseLoop(_ name: String) throws(IngestError) {
        guard repetition == .loop else { return }
        throw IngestError(.badSource, "\(name): only a file can be repeated; leave out --loop")
    }

    /// Looks at a source's first bytes and opens it as what it is.
    static func identify(
        _ source: ByteSource,
        _ repetition: IngestOptions.Repetition
    ) throws(IngestError) -> any Feed & Sendable {
        // Six packets: enough to find the first sync byte anywhere in the first.
        let (head, outcome) = source.peek(6 * TransportStream.packetLength)
        if case .failed(let code) = outcome { throw source.failure(code) }
        guard !head.isEmpty else {
            throw IngestError(.empty, "\(source.name): empty; give a file that holds media")
        }
        guard let alignment = TransportStream.alignment(of: head) else {
            let haste: RemuxFeed.Haste = source.nature == .stream ? .prompt : .patient
            return try RemuxFeed(Demuxer.open(source, haste), repetition: repetition, haste)
        }
        switch source.nature {
        case .file:
            return try TransportFileFeed(source, alignment: alignment, repetition: repetition)
        case .stream:
            return LiveFeed(.stream(source))
        }
    }
}

/// A pipe: identified when it is opened if it speaks in time, else when its first bytes come.
final class StreamFeed: Feed, @unchecked Sendable {
    private let source: ByteSource
    private var inner: (any Feed & Sendable)?

    /// Takes a pipe that nothing was read from.
    init(_ source: ByteSource) { self.source = source }

    /// Finds out what the pipe holds; leaves it for later when nothing came before its deadline.
    func identify() throws(IngestError) {
        let (head, outcome) = source.peek(6 * TransportStream.packetLength)
        if outcome == .timedOut, TransportStream.alignment(of: head) == nil { return }
        inner = try FeedOpener.identify(source, .once)
    }

    func run(_ output: FeedOutput) throws(IngestError) {
        if inner == nil { inner = try identifyLate(output) }
        try inner?.run(output)
    }

    private func identifyLate(_ output: FeedOutput) throws(IngestError) -> (any Feed & Sendable)? {
        guard source.peek(1).outcome != .stopped else { return nil }
        do throws(IngestError) {
            return try FeedOpener.identify(source, .once)
        } catch {
            // A stop while the pipe is being read looks like a failure to libav.
            guard output.signal.isRaised else { throw error }
            return nil
        }
    }
}
