import Glibc
import Synchronization

/// Turns a transport stream into fragmented MP4 on a thread of its own.
///
/// The writer is never blocked: when the thread is behind by `backlogMax` bytes, more is refused.
public final class Remux: Sendable {
    /// The most bytes that wait for the thread, unless one append alone has more.
    private static let backlogMax = 4 << 20

    private struct State {
        var waiting: [[UInt8]] = []
        var waitingBytes = 0
        var isStopped = false
    }

    private let state: Mailbox
    private let thread: WorkerThread

    /// Starts the thread; nil when the system has none left.
    ///
    /// - Parameter onOutput: called on the thread, in order; not any more once `stop` returned.
    public init?(onOutput: @escaping @Sendable (RemuxOutput) -> Void) {
        let state = Mailbox()
        guard let thread = WorkerThread({ Remux.run(state, onOutput) }) else { return nil }
        self.state = state
        self.thread = thread
    }

    deinit { stop() }

    /// Hands bytes over; false when the thread is too far behind: try again later.
    public func append(_ bytes: [UInt8]) -> Bool {
        let isTaken = state.box.withLock { state in
            let isFull = state.waitingBytes + bytes.count > Remux.backlogMax
            guard !state.isStopped, !isFull || state.waiting.isEmpty else { return false }
            state.waiting.append(bytes)
            state.waitingBytes += bytes.count
            return true
        }
        if isTaken { state.signal() }
        return isTaken
    }

    /// Ends the thread; what still waits is dropped.
    public func stop() {
        state.box.withLock { $0.isStopped = true }
        state.signal()
        thread.join()
    }

    private static func run(_ state: Mailbox, _ onOutput: @escaping (RemuxOutput) -> Void) {
        let remuxer = Remuxer(onOutput)
        while true {
            state.wait()
            let taken: [[UInt8]]? = state.box.withLock { state in
                guard !state.isStopped else { return nil }
                defer {
                    state.waiting = []
                    state.waitingBytes = 0
                }
                return state.waiting
            }
            guard let taken else { return }
            for bytes in taken { remuxer.append(bytes[...]) }
        }
    }

    /// What waits for the thread, and a semaphore that counts how often something was put there.
    private final class Mailbox: Sendable {
        let box = Mutex(State())
        /// A semaphore must not move in memory, hence the pointer; it is safe by its own nature.
        nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(
            capacity: 1
        )

        init() { sem_init(semaphore, 0, 0) }

        deinit {
            sem_destroy(semaphore)
            semaphore.deallocate()
        }

        func signal() { sem_post(semaphore) }

        func wait() { while sem_wait(semaphore) != 0, errno == EINTR {} }
    }
}
