import Basics
import Dispatch
import Glibc
import Synchronization

/// Sends the stream as datagrams of seven packets, for receivers that expect it so.
final class DatagramOutput: Sendable {
    private struct State {
        /// What does not fill a datagram yet; only used on the queue.
        var rest: [UInt8] = []
        var pacing = DatagramPacing()
        var hasWarned = false
    }

    /// 4 MiB wait at most: more than 2 s at 16 Mbit/s.
    private static let waitingMax = 4 << 20

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "candela.datagrams", qos: .userInitiated)
    private let state = Mutex(State())
    private let waiting = Atomic<Int>(0)

    /// Makes a socket that sends to an address.
    init(_ address: DatagramAddress) throws(CommandFailure) {
        let place = "udp://\(address.host):\(address.port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0, let found = list?.pointee else {
            let cause = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            throw CommandFailure(.unreachable, "--udp \(place): the host is unknown (\(cause))")
        }
        let kind = found.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(found.ai_family, kind, 0)
        let isV6 = found.ai_family == AF_INET6
        var hops = Int32(address.hops)
        setsockopt(
            descriptor,
            Int32(isV6 ? IPPROTO_IPV6 : IPPROTO_IP),
            isV6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL,
            &hops,
            socklen_t(MemoryLayout<Int32>.size)
        )
        guard descriptor >= 0, connect(descriptor, found.ai_addr, found.ai_addrlen) == 0 else {
            let cause = String(cString: strerror(errno))
            throw CommandFailure(.io, "--udp \(place): no socket could be made (\(cause))")
        }
    }

    deinit { close(descriptor) }

    /// Sends packets soon; leaves them out when too much waits.
    func append(_ bytes: Bytes) {
        guard waiting.load(ordering: .relaxed) + bytes.count <= DatagramOutput.waitingMax else {
            return
        }
        waiting.wrappingAdd(bytes.count, ordering: .relaxed)
        queue.async { [self] in
            state.withLock { send(bytes, &$0) }
            waiting.wrappingSubtract(bytes.count, ordering: .relaxed)
        }
    }

    /// Sends what is left, and returns when it has been sent.
    func finish() {
        queue.sync {
            state.withLock { state in
                if !state.rest.isEmpty { send(state.rest[...], &state) }
                state.rest = []
            }
        }
    }

    private func send(_ bytes: Bytes, _ state: inout State) {
        state.rest += bytes.array
        let size = DatagramPacing.datagramSize
        let count = state.rest.count / size
        let now = DatagramOutput.now
        let gap = state.pacing.gap(datagrams: count, at: now)
        for index in 0..<count {
            // Behind a backlog nothing is held up further.
            let due = now + Int64(index) * gap
            let isBehind = waiting.load(ordering: .relaxed) > 2 * bytes.count
            if !isBehind { DatagramOutput.sleep(until: due) }
            send(state.rest[(index * size)..<((index + 1) * size)], &state)
        }
        state.rest.removeFirst(count * size)
    }

    private func send(_ datagram: ArraySlice<UInt8>, _ state: inout State) {
        let sent = datagram.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        // Refused: nobody listens there yet, which may change at any time.
        guard sent < 0, errno != ECONNREFUSED, errno != EINTR, !state.hasWarned else { return }
        state.hasWarned = true
        StandardError.line("candela: --udp: \(String(cString: strerror(errno))); playing goes on")
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func sleep(until due: Int64) {
        let left = due - now
        if left > 50_000 { usleep(UInt32(min(left, DatagramPacing.spreadMax) / 1_000)) }
    }
}
