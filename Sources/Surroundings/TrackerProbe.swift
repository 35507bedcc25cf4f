public import Basics
public import Paths
import Secrecy
public import Wire

/// Questions to a tracker, or to any STUN server, that are answered at once; the calls block.
public enum TrackerProbe {
    /// What an answer to a Binding request tells.
    public struct Binding: Sendable, Equatable {
        /// How we look from there.
        public var mapped: Endpoint?
        /// Where else the server is (OTHER-ADDRESS of RFC 5780).
        public var other: Endpoint?
        /// How long the answer took.
        public var roundTrip: TimeSpan
    }

    /// What became of datagrams of full size.
    public enum FullSize: Sendable, Equatable {
        /// They arrive whole: the tracker answered, after this time.
        case answered(TimeSpan)
        /// A link on the way takes IP datagrams of at most so many bytes.
        case tooLarge(mtu: Int?)
        /// No answer, and no reason.
        case silent
        /// Nobody listens on the port, or no way leads there.
        case refused
    }

    private static let (triesMax, pause) = (6, TimeSpan.milliseconds(300))

    /// Asks how we look from outside; nil without an answer within 1.8 s.
    public static func binding(_ server: Endpoint) -> Binding? {
        guard let socket = DatagramSocket(like: server) else { return nil }
        var generator = SystemRandomNumberGenerator()
        var request = StunMessage(
            .request,
            .init(high: .random(in: 0 ... .max, using: &generator), low: generator.next())
        )
        // No shorter than its answer, so that trackers may answer it.
        request.software = "candela doctor, which asks "
        let bytes = request.emitted
        return ask(socket, server, bytes) { datagram, from, span -> Binding? in
            guard from == server, let message = try? StunMessage(parsing: datagram),
                message.transaction == request.transaction, message.kind == .success
            else { return nil }
            return Binding(mapped: message.mapped, other: message.otherAddress, roundTrip: span)
        }
    }

    /// Asks a tracker for its key by a datagram of 1,200 bytes that must not be cut up: as large as any
    /// that carries the stream.
    public static func fullSize(_ tracker: Endpoint) -> FullSize {
        guard let socket = DatagramSocket(like: tracker, .forbidden), socket.connect(to: tracker)
        else { return .refused }
        let bytes = Discovery.request(service: .tracker)
        var refusals = 0
        let start = Stopwatch.now
        for number in 0..<triesMax {
            let sentAt = Stopwatch.now
            switch socket.send(bytes) {
            case .tooLarge: return .tooLarge(mtu: socket.pathMtu)
            case .refused: refusals += 1
            case .sent: break
            }
            let end = start + pause * (number + 1)
            while Stopwatch.now < end {
                DatagramSocket.wait(for: [socket.handle], atMost: end - Stopwatch.now)
                switch socket.receive() {
                case .nothing: break
                case .refused: refusals += 1
                case .datagram(let datagram, _):
                    guard Discovery.parseAnswer(datagram) != nil else { break }
                    return .answered(Stopwatch.now - sentAt)
                }
            }
            // Once may be left over from before.
            if refusals >= 2 { return .refused }
        }
        return .silent
    }

    /// Whom to ask for the type of the NAT, as a server itself and a second one tell.
    ///
    /// Without OTHER-ADDRESS the second port is the one after the first, if it answers.
    public static func landmarks(
        _ server: Endpoint,
        _ binding: Binding,
        second: Endpoint?
    ) -> NatProbe.Landmarks {
        var landmarks = NatProbe.Landmarks(
            primary: server,
            otherPort: nil,
            otherHost: second,
            changes: []
        )
        if let other = binding.other, !other.isUnspecified, other.port != 0 {
            landmarks.otherPort = server.with(port: other.port)
            landmarks.changes.insert(.port)
            if !other.sharesHost(with: server) {
                landmarks.otherHost = landmarks.otherHost ?? other.with(port: server.port)
                landmarks.changes.insert(.host)
            }
        } else if server.port < .max {
            let next = server.with(port: server.port + 1)
            if self.binding(next) != nil {
                landmarks.otherPort = next
                landmarks.changes.insert(.port)
            }
        }
        return landmarks
    }

    /// What became of a datagram that a server was to send to a port of ours.
    public enum Incoming: Sendable, Equatable {
        /// It came.
        case came
        /// It was sent, and did not come.
        case silent
        /// The server does not send to other ports, or does not answer.
        case refused
    }

    /// Has a server send to a port of ours that has never sent to it (RESPONSE-PORT of RFC 5780).
    ///
    /// - Parameters:
    ///   - server: who is asked, from another port.
    ///   - inside: the port on this machine.
    ///   - outside: the same port as seen from outside.
    /// - Returns: what became of it, after 1.8 s at most.
    public static func incoming(from server: Endpoint, _ inside: UInt16, outside: UInt16)
        -> Incoming
    {
        guard let asking = DatagramSocket(like: server), let waiting = DatagramSocket(like: server),
            waiting.bind(to: Endpoint(ipv4: 0, port: inside))
        else { return .refused }
        var generator = SystemRandomNumberGenerator()
        var request = StunMessage(.request, .init(high: 0, low: generator.next()))
        request.software = "candela doctor, which asks "
        request.responsePort = outside
        let bytes = request.emitted
        for _ in 0..<triesMax {
            asking.send(bytes, to: server)
            let end = Stopwatch.now + pause
            while Stopwatch.now < end {
                let handles = [asking.handle, waiting.handle]
                DatagramSocket.wait(for: handles, atMost: end - Stopwatch.now)
                if case .datagram(let datagram, _) = waiting.receive(),
                    (try? StunMessage(parsing: datagram))?.transaction == request.transaction
                {
                    return .came
                }
                // A refusal, or an answer that took no notice, comes to the port that asked.
                if case .datagram = asking.receive() { return .refused }
            }
        }
        return .silent
    }

    private static func ask<Answer>(
        _ socket: DatagramSocket,
        _ server: Endpoint,
        _ bytes: [UInt8],
        _ read: (Bytes, Endpoint, TimeSpan) -> Answer?
    ) -> Answer? {
        let start = Stopwatch.now
        for number in 0..<triesMax {
            let sentAt = Stopwatch.now
            guard socket.send(bytes, to: server) != .refused || number > 0 else { continue }
            let end = start + pause * (number + 1)
            while Stopwatch.now < end {
                DatagramSocket.wait(for: [socket.handle], atMost: end - Stopwatch.now)
                guard case .datagram(let datagram, let from) = socket.receive() else { continue }
                if let answer = read(datagram, from, Stopwatch.now - sentAt) { return answer }
            }
        }
        return nil
    }
}
