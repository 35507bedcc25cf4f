import Synchronization

/// A source being turned into MPEG-TS packets, on a thread of its own.
///
/// `open` checks everything that can be checked before the programme starts; `start` runs it.
public final class Ingest: Sendable {
    private enum State {
        case opened(any Feed & Sendable)
        case running(WorkerThread)
        case stopped
    }

    private let signal: StopSignal
    private let pacing: Pacing
    private let state: Mutex<State>

    private init(_ feed: any Feed & Sendable, signal: StopSignal, pacing: Pacing) {
        self.signal = signal
        self.pacing = pacing
        state = Mutex(.opened(feed))
    }

    deinit { stop() }

    /// Opens and checks a source.
    ///
    /// A pipe that stays silent is given two seconds; after that its check happens while it runs.
    /// - Throws: `IngestError` when the source is missing, empty, not media, of an unsupported
    ///   codec, or misspelt.
    public static func open(_ options: IngestOptions) throws(IngestError) -> Ingest {
        try open(options, pacing: .realTime)
    }

    /// Opens a source with another pacing or another standard input, for tests.
    static func open(
        _ options: IngestOptions,
        pacing: Pacing,
        standardInput: Int32 = 0
    ) throws(IngestError) -> Ingest {
        guard let signal = StopSignal() else {
            throw IngestError(
                .io,
                "no pipe could be made (\(SystemError.current)); close some files"
            )
        }
        let opener = FeedOpener(
            repetition: options.repetition,
            signal: signal,
            standardInput: standardInput,
            card: options.offlineCard
        )
        switch options.kind {
        case .address:
            let feed = try opener.open(SourceAddress(parsing: options.source))
            return Ingest(feed, signal: signal, pacing: pacing)
        case .command:
            let feed = try opener.open(command: options.source)
            return Ingest(feed, signal: signal, pacing: pacing)
        }
    }

    /// Starts the source on its own thread; call it once.
    ///
    /// - Parameters:
    ///   - onPackets: gets whole TS packets, a multiple of 188 bytes, in order, on that thread or on
    ///     the offline card's, never on both at once.
    ///   - onEvent: gets what happens, on those threads; none comes after `stop` returned.
    public func start(
        onPackets: @escaping @Sendable ([UInt8]) -> Void,
        onEvent: @escaping @Sendable (IngestEvent) -> Void
    ) {
        let output = FeedOutput(
            pacing: pacing,
            signal: signal,
            onPackets: onPackets,
            onEvent: onEvent
        )
        let failure: IngestError? = state.withLock { state in
            guard case .opened(let feed) = state else { return nil }
            guard let thread = WorkerThread({ Ingest.run(feed, output) }) else {
                state = .stopped
                return IngestError(.io, "no thread could be started (\(SystemError.current))")
            }
            state = .running(thread)
            return nil
        }
        if let failure { onEvent(.failed(failure)) }
    }

    /// Asks the thread to stop and returns when it has; also ends a wait for a pipe or a socket.
    ///
    /// Called from a callback it only asks, because the thread cannot wait for itself.
    public func stop() {
        signal.raise()
        let thread: WorkerThread? = state.withLock { state in
            if case .running(let thread) = state { return thread }
            state = .stopped
            return nil
        }
        thread?.join()
    }

    private static func run(_ feed: any Feed, _ output: FeedOutput) {
        do throws(IngestError) {
            try feed.run(output)
            output.report(.ended)
        } catch {
            output.report(.failed(error))
        }
    }
}
