import Glibc

/// The loop of the thread that listens for RTMP: one listener, a few connections.
struct RtmpLoop {
    /// What a connection turned out to be.
    enum Verdict {
        /// It publishes; the stream comes out of this descriptor.
        case publishing(readEnd: Int32)
        /// It was refused for this.
        case refused(String)
    }

    /// More connect at once only in an attack; the oldest that does not publish makes room.
    private static let connectionMax = 8
    /// How long a wait lasts at most, so that silent ones are noticed.
    private static let waitMilliseconds: Int32 = 250

    private let listener: TcpListener
    private let path: String
    private let name: String
    private let signal: StopSignal
    private var connections: [RtmpConnection] = []

    /// Takes a listener; the name is what messages call it.
    init(_ listener: TcpListener, path: String, name: String, signal: StopSignal) {
        self.listener = listener
        self.path = path
        self.name = name
        self.signal = signal
    }

    /// Serves until the signal is raised.
    mutating func run(_ announce: (RtmpServer.Arrival) -> Void) {
        while !signal.isRaised {
            wait()
            admit()
            for connection in connections where !connection.isOver {
                for verdict in connection.serve() { settle(verdict, connection, announce) }
            }
            connections.removeAll(where: \.isOver)
        }
        for connection in connections { connection.end() }
    }

    private func wait() {
        var polled = [
            pollfd(fd: signal.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        for connection in connections {
            let events = Int16(truncatingIfNeeded: connection.events)
            polled.append(pollfd(fd: connection.descriptor, events: events, revents: 0))
            guard let pipe = connection.fullPipe else { continue }
            polled.append(pollfd(fd: pipe, events: Int16(POLLOUT), revents: 0))
        }
        poll(&polled, nfds_t(polled.count), RtmpLoop.waitMilliseconds)
    }

    private mutating func admit() {
        while let (descriptor, place) = listener.accept() {
            if connections.count >= RtmpLoop.connectionMax {
                connections.first { !$0.isPublishing }?.end()
                connections.removeAll(where: \.isOver)
            }
            connections.append(RtmpConnection(descriptor, place: place, path: path))
        }
    }

    private func settle(
        _ verdict: Verdict,
        _ connection: RtmpConnection,
        _ announce: (RtmpServer.Arrival) -> Void
    ) {
        switch verdict {
        case .refused(let reason):
            announce(.refused("\(name): an encoder from \(connection.place) is refused: \(reason)"))
        case .publishing(let readEnd):
            for other in connections where other !== connection && other.isPublishing {
                other.end()
            }
            announce(.publisher(readEnd: readEnd))
        }
    }
}
