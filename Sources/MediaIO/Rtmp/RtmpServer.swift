import Basics
import Glibc
import Synchronization

/// Listens for encoders that push with RTMP, on a thread of its own.
///
/// It goes on listening while one publishes: a second one with the right key takes over, which is
/// how an encoder comes back whose old connection nobody has closed.
final class RtmpServer: Sendable {
    /// Who came.
    enum Arrival {
        /// An encoder with the right key; its stream is FLV.
        ///
        /// Whoever takes the descriptor closes it.
        case publisher(readEnd: Int32)
        /// Somebody who was refused, in words.
        case refused(String)
    }

    /// Arrivals that nobody asked for yet; refusals beyond are forgotten.
    private static let queueMax = 16

    private let address: RtmpAddress
    private let signal: StopSignal
    private let arrivals = Mutex<[Arrival]>([])
    private let wake: (read: Int32, write: Int32)
    private let thread = Mutex<WorkerThread?>(nil)

    /// Binds to the address and starts to listen.
    init(_ address: RtmpAddress) throws(IngestError) {
        var ends: [Int32] = [-1, -1]
        guard let signal = StopSignal(), pipe(&ends) == 0 else {
            throw IngestError(
                .io,
                "no pipe could be made (\(SystemError.current)); close some files"
            )
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        self.address = address
        self.signal = signal
        wake = (ends[0], ends[1])
        let listener = try TcpListener(
            host: address.host,
            port: address.port,
            name: address.name
        )
        let (path, name) = (address.path, address.name)
        let started = WorkerThread { [signal, weak self] in
            var loop = RtmpLoop(listener, path: path, name: name, signal: signal)
            loop.run { arrival in self?.announce(arrival) }
        }
        guard let started else {
            throw IngestError(.io, "no thread could be started (\(SystemError.current))")
        }
        thread.withLock { $0 = started }
    }

    deinit {
        stop()
        close(wake.read)
        close(wake.write)
    }

    /// Waits for whoever comes next; nil when a signal was raised.
    func next(_ stopped: StopSignal) -> Arrival? {
        while true {
            let waiting: Arrival? = arrivals.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if let waiting { return waiting }
            guard stopped.wait(for: wake.read, until: nil) == .readable else { return nil }
            var bytes = [UInt8](repeating: 0, count: RtmpServer.queueMax)
            _ = read(wake.read, &bytes, bytes.count)
        }
    }

    /// Closes every connection and returns when the thread has ended.
    func stop() {
        signal.raise()
        let running = thread.withLock { $0 }
        running?.join()
        let left = arrivals.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for case .publisher(let readEnd) in left { close(readEnd) }
    }

    private func announce(_ arrival: Arrival) {
        arrivals.withLock { waiting in
            if waiting.count >= RtmpServer.queueMax,
                case .publisher(let readEnd) = waiting.removeFirst()
            {
                close(readEnd)
            }
            waiting.append(arrival)
        }
        var byte: UInt8 = 1
        _ = write(wake.write, &byte, 1)
    }
}
