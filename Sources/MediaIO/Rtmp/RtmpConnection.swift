import Basics
import Glibc

/// One encoder's connection: its socket, its session, and the pipe that its stream goes into.
///
/// When the pipe is full nothing more is read from the socket, so the encoder has to wait; nothing
/// is dropped and little is held.
final class RtmpConnection {
    /// How long a connection may take until it publishes.
    private static let openMax = TimeSpan.seconds(5)
    /// How long a publisher may be silent; longer than TCP takes to recover from short outages.
    private static let silenceMax = TimeSpan.seconds(30)
    /// How long a refused encoder may take to read why.
    private static let farewellMax = TimeSpan.seconds(1)
    private static let readSize = 65_536
    /// 1 MiB: a second at 8 Mbit/s.
    private static let pipeSize: Int32 = 1 << 20
    /// Linux's F_SETPIPE_SZ, which is not in every C library's module.
    private static let setPipeSize: Int32 = 1_031

    /// The socket.
    let descriptor: Int32
    /// Whose connection it is.
    let place: String
    /// The pipe's end that is written to; nil unless it publishes.
    private(set) var pipeEnd: Int32?
    /// Whether it can be forgotten.
    private(set) var isOver = false

    private var session: RtmpSession
    private var outgoing: [UInt8] = []
    private var backlog: [UInt8] = []
    private var limit: Instant
    private var isLeaving = false

    /// Takes an accepted socket.
    init(_ descriptor: Int32, place: String, path: String) {
        self.descriptor = descriptor
        self.place = place
        session = RtmpSession(path: path)
        limit = MonotonicClock.now + RtmpConnection.openMax
    }

    deinit {
        close(descriptor)
        if let pipeEnd { close(pipeEnd) }
    }

    /// What to wait for on the socket.
    var events: Int32 {
        (backlog.isEmpty ? POLLIN : 0) | (outgoing.isEmpty ? 0 : POLLOUT)
    }
    /// The pipe to wait for when it is full.
    var fullPipe: Int32? { backlog.isEmpty ? nil : pipeEnd }
    /// Whether it publishes.
    var isPublishing: Bool { pipeEnd != nil }

    /// Ends the stream and the connection.
    func end() {
        if let pipeEnd { close(pipeEnd) }
        pipeEnd = nil
        isOver = true
    }

    /// Reads and writes what can be; returns who came, if that was decided now.
    func serve() -> [RtmpLoop.Verdict] {
        var verdicts: [RtmpLoop.Verdict] = []
        writePipe()
        if backlog.isEmpty { read(&verdicts) }
        writeSocket()
        if MonotonicClock.now >= limit { end() }
        return verdicts
    }

    private func read(_ verdicts: inout [RtmpLoop.Verdict]) {
        var buffer = [UInt8](repeating: 0, count: RtmpConnection.readSize)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return end() }
        guard !isLeaving else { return }
        var outputs: [RtmpSession.Output] = []
        session.receive(buffer[..<count], into: &outputs)
        if isPublishing { limit = MonotonicClock.now + RtmpConnection.silenceMax }
        for output in outputs {
            switch output {
            case .send(let bytes): outgoing += bytes
            case .media(let bytes): backlog += bytes
            case .publish: publish(&verdicts)
            case .close(let reason):
                if let reason { verdicts.append(.refused(reason)) }
                leave()
            }
        }
        writePipe()
    }

    private func publish(_ verdicts: inout [RtmpLoop.Verdict]) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return end() }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        _ = fcntl(ends[1], RtmpConnection.setPipeSize, RtmpConnection.pipeSize)
        pipeEnd = ends[1]
        limit = MonotonicClock.now + RtmpConnection.silenceMax
        verdicts.append(.publishing(readEnd: ends[0]))
    }

    /// Lets the encoder read why, then goes.
    private func leave() {
        writePipe()
        if let pipeEnd { close(pipeEnd) }
        pipeEnd = nil
        backlog = []
        isLeaving = true
        limit = MonotonicClock.now + RtmpConnection.farewellMax
    }

    private func writePipe() {
        guard let pipeEnd, !backlog.isEmpty else { return }
        let count = backlog.withUnsafeBytes { write(pipeEnd, $0.baseAddress, $0.count) }
        if count > 0 {
            backlog.removeFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            // Whoever read it has closed it: the stream was of no use.
            end()
        }
    }

    private func writeSocket() {
        if !outgoing.isEmpty {
            let flags = Int32(MSG_NOSIGNAL)
            let count = outgoing.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, flags)
            }
            if count > 0 {
                outgoing.removeFirst(count)
            } else if errno != EAGAIN, errno != EINTR {
                return end()
            }
        }
        if isLeaving, outgoing.isEmpty { shutdown(descriptor, Int32(SHUT_WR)) }
    }
}
