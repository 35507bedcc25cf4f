import Basics
import Synchronization

/// The movie for one browser that watches from the past, made on a thread of its own.
///
/// It is made no faster than it is taken, so that a browser may pause where it is. It keeps itself
/// alive until `stop`, or until the stream has ended and all of it was made.
final class ShiftedMovie: Sendable {
    /// So many fragments of about 100 ms are made ahead of the browser at most.
    private static let aheadMax = 60
    /// More than is ever made ahead, and in bytes 3 s at 40 Mbit/s.
    private static let bounds = MovieState.Bounds(span: .seconds(20), bytes: 16 << 20)
    private static let pauseTime = Duration.milliseconds(15)
    /// The thread may still be at the last packets of a stream: they are worth a moment.
    private static let endTime = Duration.milliseconds(250)

    /// What is made.
    let movies = MovieHistory(bounds)
    /// How far behind the live edge it begins.
    let age: TimeSpan
    private let taken = Mutex(0)
    private let task = Mutex<Task<Void, Never>?>(nil)

    private let onEnd: @Sendable (ShiftedMovie) -> Void

    /// Starts at the newest key frame that is at least so old; nil when the system refuses.
    ///
    /// `onEnd` is called once, when its thread has ended.
    init?(
        _ history: LiveHistory,
        _ maker: MovieMaker,
        from age: TimeSpan,
        onEnd: @escaping @Sendable (ShiftedMovie) -> Void
    ) {
        let past = history.attachPast(age)
        let (movies, number) = (movies, movies.begin())
        guard let run = maker.start({ movies.take($0, run: number) }) else { return nil }
        self.age = past.age
        self.onEnd = onEnd
        task.withLock { $0 = Task { await self.pump(past.reader, into: run) } }
    }

    /// Notes which fragment the browser takes next: more may be made.
    func note(_ position: MovieState.Position) { taken.withLock { $0 = position.part } }

    /// Ends it.
    func stop() {
        task.withLock { $0 }?.cancel()
        movies.finish()
    }

    /// Waits until its thread has ended.
    func finished() async { await task.withLock { $0 }?.value }

    /// Whether as much is ready as may be.
    private var isAhead: Bool {
        let end = movies.look { $0.end }.0
        return end - taken.withLock { $0 } > ShiftedMovie.aheadMax
    }

    @concurrent private func pump(_ reader: LiveReader, into run: MovieRun) async {
        feeding: while let bytes = await reader.next() {
            while isAhead || !run.append(bytes.array) {
                guard (try? await Task.sleep(for: ShiftedMovie.pauseTime)) != nil else {
                    break feeding
                }
            }
        }
        try? await Task.sleep(for: ShiftedMovie.endTime)
        movies.finish()
        await MovieService.end(run)
        onEnd(self)
    }
}
