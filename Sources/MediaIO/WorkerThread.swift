import Glibc
import Synchronization

/// A thread that runs one body and can be waited for.
///
/// Signals are blocked on it, so that the main thread gets them and no read is interrupted.
final class WorkerThread: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private enum Phase {
        case running
        case joined
    }

    private let thread: pthread_t
    private let phase = Mutex(Phase.running)

    /// Starts the thread; nil when the system has none left.
    init?(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run))
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var started = pthread_t()
        let code = pthread_create(
            &started,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            body.toOpaque()
        )
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            body.release()
            return nil
        }
        thread = started
    }

    deinit {
        if phase.withLock({ $0 == .running }) { pthread_detach(thread) }
    }

    /// Returns when the thread has ended; at once when called on the thread itself.
    func join() {
        guard pthread_equal(pthread_self(), thread) == 0 else { return }
        phase.withLock { phase in
            guard phase == .running else { return }
            phase = .joined
            pthread_join(thread, nil)
        }
    }
}
