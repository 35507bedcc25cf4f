import Basics
import NIOPosix
import Synchronization

/// Makes the movie as long as somebody wants it: one for all browsers and HLS players together.
///
/// It starts with the first request and stops `idleTime` after the last. Each request holds it
/// while it is answered.
final class MovieService: Sendable {
    private struct State {
        var leases = 0
        var lastUse = ContinuousClock.now
        var startedAt = ContinuousClock.now
        var task: Task<Void, Never>?
        var isClosed = false
        var shifted: [ObjectIdentifier: ShiftedMovie] = [:]
    }

    /// Each browser that watches from the past has a thread; more than this are turned away.
    static let shiftedMax = 16
    /// HLS players ask at least once per target duration, of at most 8 s.
    static let idleTime = Duration.seconds(25)
    /// How often deadlines are looked at.
    private static let tickTime = Duration.milliseconds(250)
    /// How much of the past is there when the first player comes: enough to tell how far apart key
    /// frames are, and for the first playlist.
    private static let burst = TimeSpan.seconds(8)
    private static let retryTime = Duration.milliseconds(5)

    /// What is made.
    let movies = MovieHistory()
    private let history: LiveHistory
    private let maker: MovieMaker
    private let idleTime: Duration
    private let state = Mutex(State())

    /// Makes the service for a stream; nothing runs yet.
    init(history: LiveHistory, maker: MovieMaker, idleTime: Duration = MovieService.idleTime) {
        self.history = history
        self.maker = maker
        self.idleTime = idleTime
    }

    /// Wants the movie to be made, until `release` is called as often.
    func hold() {
        state.withLock { state in
            state.leases += 1
            state.lastUse = .now
            guard state.task == nil, !state.isClosed else { return }
            state.startedAt = .now
            let run = movies.begin()
            state.task = Task { await self.make(run) }
        }
    }

    /// Gives up one want of the movie.
    func release() {
        state.withLock { state in
            state.leases -= 1
            state.lastUse = .now
        }
    }

    /// Waits, right after the start, until what was there already has been gone through.
    ///
    /// Whoever came before would begin seconds behind the live edge. No growth for 30 ms means that
    /// the past is done with: fragments of the present come every 100 ms.
    func settle() async {
        var count = -1
        while ContinuousClock.now - state.withLock({ $0.startedAt }) < .seconds(1) {
            let (now, isEnded) = movies.look { ($0.end - $0.first, $0.isEnded) }.0
            guard now != count || now == 0, !isEnded else { return }
            count = now
            guard (try? await Task.sleep(for: .milliseconds(30))) != nil else { return }
        }
    }

    /// Starts a movie from the past; nil when there are as many as may be.
    func beginShifted(from age: TimeSpan) -> ShiftedMovie? {
        state.withLock { state in
            guard state.shifted.count < MovieService.shiftedMax, !state.isClosed,
                let movie = ShiftedMovie(history, maker, from: age, onEnd: { self.forget($0) })
            else { return nil }
            state.shifted[ObjectIdentifier(movie)] = movie
            return movie
        }
    }

    private func forget(_ movie: ShiftedMovie) {
        state.withLock { _ = $0.shifted.removeValue(forKey: ObjectIdentifier(movie)) }
    }

    /// How far back a movie can begin.
    var extent: TimeShiftExtent { history.extent }

    /// Ends it for good.
    func stop() async {
        let (task, shifted) = state.withLock { state in
            state.isClosed = true
            return (state.task, state.shifted.values.map(\.self))
        }
        for movie in shifted { movie.stop() }
        for movie in shifted { await movie.finished() }
        task?.cancel()
        await task?.value
        // Nobody ticks from now on, so nobody may wait.
        movies.finish()
    }

    /// Whether the movie is being made.
    var isRunning: Bool { state.withLock { $0.task != nil } }

    // MARK: Private

    @concurrent private func make(_ run: Int) async {
        let reader = history.attach(burst: MovieService.burst)
        let started = maker.start { [movies] in movies.take($0, run: run) }
        if started == nil {
            movies.take(.unplayable("No thread could be started."), run: run)
        }
        await withTaskGroup { group in
            if let started {
                group.addTask { await self.pump(reader, into: started, run) }
            }
            group.addTask { await self.watch() }
            // The watch ends when nobody wants the movie; the pump with the stream, and then the
            // watch goes on for those who still read.
            for await isIdle in group where isIdle { group.cancelAll() }
        }
        movies.finish(run: run)
        movies.tick()
        if let started { await MovieService.end(started) }
    }

    /// Ends a run: joins a thread, hence not on one of the cooperative pool.
    ///
    /// The task may be cancelled by now, and the end must come all the same.
    static func end(_ run: MovieRun) async {
        await withCheckedContinuation { done in
            NIOThreadPool.singleton.submit { _ in
                run.stop()
                done.resume()
            }
        }
    }

    /// Hands the stream over until its end; returns false, since that is no reason to stop.
    @concurrent private func pump(_ reader: LiveReader, into run: MovieRun, _ number: Int) async
        -> Bool
    {
        while let bytes = await reader.next() {
            while !run.append(bytes.array) {
                guard (try? await Task.sleep(for: MovieService.retryTime)) != nil else {
                    return false
                }
            }
        }
        guard !Task.isCancelled else { return false }
        // The thread may still be at the last packets; they are worth a moment.
        try? await Task.sleep(for: MovieService.tickTime)
        movies.finish(run: number)
        return false
    }

    /// Ticks until nobody has wanted the movie for a while; returns true then.
    @concurrent private func watch() async -> Bool {
        while (try? await Task.sleep(for: MovieService.tickTime)) != nil {
            movies.tick()
            let isIdle = state.withLock { state in
                let isIdle =
                    state.leases == 0 && ContinuousClock.now - state.lastUse > idleTime
                if isIdle { state.task = nil }
                return isIdle
            }
            if isIdle { return true }
        }
        return true
    }
}
