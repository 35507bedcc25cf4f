import FoundationEssentials
import Glibc
import Synchronization

/// Whether something has been ended.
final class TaskBox: Sendable {
    private let flag = Atomic<Bool>(false)
    var isEnded: Bool { flag.load(ordering: .relaxed) }
    func end() { flag.store(true, ordering: .relaxed) }
}

/// When a chunk was handed over, written into its first packet.
enum PlayersStamp {
    /// Announces a stamp; no other byte of the stream is one of these.
    static let mark = Array("candela!".utf8)
    private static let offset = 8

    /// Writes an instant of `BenchClock` into a chunk.
    static func write(_ instant: Int64, into bytes: inout [UInt8]) {
        var stamp = mark
        for shift in stride(from: 0, to: 64, by: 8) {
            stamp.append(UInt8(truncatingIfNeeded: instant >> Int64(shift)))
        }
        bytes.replaceSubrange(offset..<(offset + stamp.count), with: stamp)
    }

    /// The stamps in what one read gave; one that is cut is left out.
    static func all(in bytes: UnsafeRawBufferPointer) -> [Int64] {
        guard let base = bytes.baseAddress else { return [] }
        var found: [Int64] = []
        var at = 0
        while at < bytes.count, let place = memchr(base + at, Int32(mark[0]), bytes.count - at) {
            let start = base.distance(to: UnsafeRawPointer(place))
            guard start + 16 <= bytes.count else { break }
            guard memcmp(base + start, mark, mark.count) == 0 else {
                at = start + 1
                continue
            }
            let stamp = bytes.loadUnaligned(fromByteOffset: start + 8, as: Int64.self)
            found.append(Int64(littleEndian: stamp))
            at = start + 16
        }
        return found
    }
}

/// What the players of a benchmark saw.
struct PlayersFigures: Codable {
    var seconds = 0.0
    var bytesLeast = 0.0
    var bytesMean = 0.0
    /// Hand-over to read, in milliseconds.
    var delayMedian = 0.0
    var delayP99 = 0.0
    var delayWorst = 0.0

    init() {}

    /// Reads what the other process wrote.
    init?(from descriptor: Int32) {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0,
            let figures = try? JSONDecoder().decode(Self.self, from: Data(buffer[..<count]))
        else { return nil }
        self = figures
    }
}

/// Many players in one thread, and one that never reads.
struct PlayersLoad {
    private var sockets: [Int32] = []
    private let silent: Int32

    /// Connects them all and sends their requests.
    init(port: Int, players: Int) throws(CommandFailure) {
        for _ in 0..<players { sockets.append(try PlayersLoad.connect(port)) }
        silent = try PlayersLoad.connect(port)
    }

    private static func connect(_ port: Int) throws(CommandFailure) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let request = "GET /live.ts HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n"
        guard status == 0, send(descriptor, request, request.utf8.count, 0) == request.utf8.count
        else {
            throw CommandFailure(
                .io,
                "a player cannot connect: \(String(cString: strerror(errno)))"
            )
        }
        return descriptor
    }

    /// Reads for some time; what comes in the warm-up is not counted.
    func run(warmUp: Double, seconds: Double) -> PlayersFigures {
        var polls = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var received = [Int](repeating: 0, count: sockets.count)
        var delays: [Double] = []
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        let start = BenchClock.now + Int64(warmUp * 1e9)
        let end = start + Int64(seconds * 1e9)
        while BenchClock.now < end {
            guard poll(&polls, nfds_t(polls.count), 100) > 0 else { continue }
            for index in polls.indices where polls[index].revents != 0 {
                let count = recv(polls[index].fd, &buffer, buffer.count, 0)
                guard count > 0 else {
                    polls[index].fd = -1
                    continue
                }
                let now = BenchClock.now
                guard now >= start else { continue }
                received[index] += count
                buffer.withUnsafeBytes { bytes in
                    for stamp in PlayersStamp.all(
                        in: UnsafeRawBufferPointer(rebasing: bytes[..<count])
                    ) {
                        delays.append(Double(now - stamp) / 1e6)
                    }
                }
            }
        }
        for descriptor in sockets + [silent] { close(descriptor) }
        return figures(received, delays.sorted(), seconds)
    }

    private func figures(
        _ received: [Int],
        _ delays: [Double],
        _ seconds: Double
    ) -> PlayersFigures {
        var figures = PlayersFigures()
        figures.seconds = seconds
        figures.bytesLeast = Double(received.min() ?? 0)
        figures.bytesMean = Double(received.reduce(0, +)) / Double(max(1, received.count))
        guard let worst = delays.last else { return figures }
        figures.delayMedian = delays[delays.count / 2]
        figures.delayP99 = delays[delays.count * 99 / 100]
        figures.delayWorst = worst
        return figures
    }
}
