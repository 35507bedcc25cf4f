import Dashboard
import Glibc
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

    init() {
        (reasons, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(4))
    }

    /// Gives a reason; only the first one counts.
    func stop(_ reason: StopReason) { continuation.yield(reason) }

    /// Waits for the first reason.
    ///
    /// A second signal ends the process at once.
    func wait(seconds: Double?) async -> StopReason {
        let signals = Task { [continuation] in
            var count = 0
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                count += 1
                if count > 1 { Glibc._exit(128 + signal.number) }
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
        // Goodbye and draining take at most 2 s; then the process ends whatever hangs.
        let status = first.status
        Thread.detach {
            usleep(2_000_000)
            Glibc._exit(status)
        }
        _ = signals
        return first
    }
}

extension StopReason {
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
