import Dashboard
import Glibc
import Synchronization
import UnixSignals

/// Why a command that runs for a while stops.
enum StopReason: Sendable {
    /// `--seconds` are over, or the user quit the dashboard.
    case finished
    /// INT, TERM or HUP.
    case signal(Int32)
    /// The stream came to its end.
    case streamEnded
    /// Something failed; the line says what.
    case failed(CommandFailure)
}

/// Waits for the first reason to stop, from wherever it comes.
final class Lifetime: Sendable {
    private let reasons: AsyncStream<StopReason>
    private let continuation: AsyncStream<StopReason>.Continuation
    /// Whether the first reason has come.
    private let isStopping = Atomic<Bool>(false)

    /// Players get so long to play what they have at the end of a stream.
    private static let endTime: UInt32 = 45_000_000
    /// Goodbye and draining take at most 2 s in all other cases.
    private static let goodbyeTime: UInt32 = 2_000_000

    init() {
        (reasons, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(4))
    }

    /// Gives a reason; only the first one counts.
    func stop(_ reason: StopReason) { continuation.yield(reason) }

    /// Waits for the first reason.
    ///
    /// A second signal ends the process at once.
    func wait(seconds: Double?) async -> StopReason {
        let signals = Task { [self] in
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                if isStopping.exchange(true, ordering: .relaxed) {
                    Glibc._exit(128 + signal.number)
                }
                continuation.yield(.signal(signal.number))
            }
        }
        let timer = Task { [continuation] in
            guard let seconds else { return }
            try await Task.sleep(for: .seconds(seconds))
            continuation.yield(.finished)
        }
        var first = StopReason.finished
        for await reason in reasons {
            first = reason
            break
        }
        timer.cancel()
        isStopping.store(true, ordering: .relaxed)
        // Then the process ends whatever hangs.
        let status = first.status
        let time = first.lingers ? Lifetime.endTime : Lifetime.goodbyeTime
        Thread.detach {
            usleep(time)
            Glibc._exit(status)
        }
        _ = signals
        return first
    }
}

extension StopReason {
    /// Whether players may first play what they have.
    var lingers: Bool {
        switch self {
        case .streamEnded: true
        case .finished, .signal, .failed: false
        }
    }

    /// The exit status of a command that stops for this reason.
    var status: Int32 {
        switch self {
        case .finished, .streamEnded: 0
        case .signal(let number): 128 + number
        case .failed(let failure): failure.status
        }
    }

    /// Throws what has to be said or returned.
    func conclude() throws(CommandFailure) {
        switch self {
        case .finished, .streamEnded: return
        case .signal(let number): throw CommandFailure(signal: number)
        case .failed(let failure): throw failure
        }
    }
}

extension UnixSignal {
    var number: Int32 {
        switch self {
        case .sigint: SIGINT
        case .sighup: SIGHUP
        default: SIGTERM
        }
    }
}

/// A thread for work that blocks: encoders, terminals, pipes.
enum Thread {
    static func detach(_ body: @escaping @Sendable () -> Void) {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let failed = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            },
            box.toOpaque()
        )
        if failed == 0 {
            pthread_detach(thread)
        } else {
            box.release()
        }
    }
}
