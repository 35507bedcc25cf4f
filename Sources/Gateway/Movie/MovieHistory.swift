import Basics
import Glibc
import Synchronization

/// The latest seconds of the movie that browsers and HLS players get; safe from any thread.
final class MovieHistory: Sendable {
    private typealias Waiter = CheckedContinuation<Void, Never>

    private struct Guarded {
        var state: MovieState
        var revision = 0
        var waiters: [Waiter] = []
        var run = 0
    }

    private let guarded: Mutex<Guarded>

    /// Makes an empty history with some bounds.
    init(_ bounds: MovieState.Bounds = .shared) {
        guarded = Mutex(Guarded(state: MovieState(bounds)))
    }

    /// Begins a new run; what earlier runs still bring is ignored from now on.
    func begin() -> Int {
        change { guarded in
            guarded.state.reset()
            guarded.run += 1
            return guarded.run
        }
    }

    /// Takes what a run brings.
    func take(_ output: MovieOutput, run: Int) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
        change { guarded in
            if guarded.run == run { guarded.state.take(output, at: time) }
        }
    }

    /// Ends a run, or whatever runs: players get what is left.
    func finish(run: Int? = nil) {
        change { guarded in
            if guarded.run == run ?? guarded.run { guarded.state.finish() }
        }
    }

    /// Reads or moves on in the state; the second value is what to wait for news since.
    func look<T: Sendable>(_ body: (inout MovieState) -> T) -> (T, revision: Int) {
        guarded.withLock { (body(&$0.state), $0.revision) }
    }

    /// Waits for news since a revision, or for the next tick.
    func news(since revision: Int) async {
        await withCheckedContinuation { waiter in
            let isOld = guarded.withLock { guarded in
                guard guarded.revision == revision else { return true }
                guarded.waiters.append(waiter)
                return false
            }
            if isOld { waiter.resume() }
        }
    }

    /// Wakes all who wait, so that they can see to their deadlines.
    func tick() { change { _ in } }

    private func change<T: Sendable>(_ body: (inout Guarded) -> T) -> T {
        let (result, woken) = guarded.withLock { guarded in
            let result = body(&guarded)
            guarded.revision += 1
            defer { guarded.waiters = [] }
            return (result, guarded.waiters)
        }
        for waiter in woken { waiter.resume() }
        return result
    }
}
