import Basics

/// MPEG-TS that comes live from a pipe or a socket: bit for bit, as soon as a packet is whole.
final class LiveFeed: Feed, @unchecked Sendable {
    /// Where the bytes come from.
    enum Input {
        /// A pipe, a device or standard input.
        case stream(ByteSource)
        /// Datagrams.
        case socket(UdpSocket, name: String)
    }

    /// The encoder paused when nothing came for so long.
    private static let silenceMax = TimeSpan.seconds(1)
    /// The largest datagram, and enough for a pipe.
    private static let bufferSize = 65_536
    /// Without a program table within so many bytes the source is called unknown.
    private static let programSearchMax = 1 << 20

    private let input: Input
    private var sync = TransportSync()
    private var program = TransportProgram()
    private var clock = TransportClock()
    private var gate = DiscontinuityGate()
    private var lastArrival: Instant?
    private var searched = 0
    private var isAnnounced = false

    /// Takes an input that is open.
    init(_ input: Input) { self.input = input }

    private var name: String {
        switch input {
        case .stream(let source): source.name
        case .socket(_, let name): name
        }
    }

    func run(_ output: FeedOutput) throws(IngestError) {
        var buffer = [UInt8](repeating: 0, count: LiveFeed.bufferSize)
        while true {
            switch read(into: &buffer, output.signal) {
            case .bytes(let count): take(buffer[..<count], output)
            case .end, .stopped, .timedOut: return
            case .failed(let code):
                throw IngestError(.io, "\(name): reading failed (\(SystemError.text(of: code)))")
            }
        }
    }

    private func read(into buffer: inout [UInt8], _ signal: StopSignal) -> ByteSource.Outcome {
        switch input {
        case .stream(let source): return buffer.withUnsafeMutableBytes { source.read(into: $0) }
        case .socket(let socket, _):
            while true {
                if signal.isRaised { return .stopped }
                if let count = socket.receive(into: &buffer) {
                    if count > 0 { return .bytes(count) }
                } else if signal.wait(for: socket.descriptor, until: nil) == .stopped {
                    return .stopped
                }
            }
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>, _ output: FeedOutput) {
        let now = MonotonicClock.now
        if let last = lastArrival, now - last > LiveFeed.silenceMax {
            let seconds = (now - last).nanoseconds / 1_000_000_000
            gate.report("\(name): nothing came for \(seconds) s", to: output)
        }
        lastArrival = now
        let losses = sync.lossCount
        let packets = sync.append(bytes)
        if sync.lossCount > losses { gate.report("\(name): sync was lost", to: output) }
        observe(packets, output)
        output.deliver(packets)
    }

    private func observe(_ packets: [UInt8], _ output: FeedOutput) {
        for start in stride(from: 0, to: packets.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(packets, at: start) else { continue }
            program.observe(packet, in: packets, at: start)
            guard let offset = packet.clockOffset, packet.pid == program.clockPID else { continue }
            let time = TransportTime.clock(packets, at: start + offset)
            if clock.advance(to: time, in: packet) == .jump {
                gate.report("\(name): the encoder's clock jumped", to: output)
            }
        }
        announce(packets.count, output)
    }

    private func announce(_ count: Int, _ output: FeedOutput) {
        guard !isAnnounced else { return }
        searched += count
        guard program.isKnown || searched > LiveFeed.programSearchMax else { return }
        isAnnounced = true
        let streams = program.isKnown ? program.description : "no program table yet"
        output.report(.started(description: "live MPEG-TS from \(name): \(streams)"))
    }
}
