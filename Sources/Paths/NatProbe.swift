public import Basics
public import Wire

/// Finds out the type of one's own NAT by Binding requests to a tracker (RFC 5780 section 4).
///
/// Every step uses sockets of its own, because what a socket has received changes how its NAT treats
/// what it sends later. Nothing is concluded from one lost datagram. One probe looks at one address
/// family, that of its landmarks.
///
/// ### Legal transitions:
/// - `mapping -> filtering | done`
/// - `filtering -> allocation`
/// - `allocation -> allocation | hairpin`, one socket after the other
/// - `hairpin -> done`
public struct NatProbe: Sendable {
    /// Whom to ask.
    public struct Landmarks: Sendable, Equatable {
        /// The tracker's first port.
        public var primary: Endpoint
        /// Another port of the same address.
        public var otherPort: Endpoint?
        /// A port of another address, of the same tracker or of another one.
        public var otherHost: Endpoint?
        /// From where else the tracker can answer; what it cannot is found out by its refusal.
        public var changes: StunMessage.Change

        /// Describes a tracker.
        public init(
            primary: Endpoint,
            otherPort: Endpoint?,
            otherHost: Endpoint?,
            changes: StunMessage.Change
        ) {
            self.primary = primary
            self.otherPort = otherPort
            self.otherHost = otherHost
            self.changes = changes
        }
    }

    /// What the driver is asked to do, in order.
    public enum Effect: Sendable {
        /// Send from the socket of that number; a number that is new means a new socket on any port.
        case send(Outgoing, socket: Int)
        /// Close a socket.
        case close(socket: Int)
    }

    /// How far it is.
    public enum Phase: Sendable, Equatable {
        /// Asks from one socket at all landmarks.
        case mapping
        /// Asks for answers from elsewhere.
        case filtering
        /// Asks from new sockets, the one of the number now.
        case allocation(Int)
        /// Sends to itself by its outside endpoints.
        case hairpin
        /// Knows what it can know.
        case done
    }

    enum Question: Hashable, Sendable {
        case primary
        case otherPort
        case otherHost
        case filterPort
        case filterHost
        case allocation(Int)
        case hairpin(Int)
    }

    /// New sockets for the allocation: four steps from port to port.
    static let samplesMax = 5
    static let (mappingSocket, filteringSocket, firstSample) = (0, 1, 2)

    /// Whom it asks.
    public let landmarks: Landmarks
    /// How far it is.
    public internal(set) var phase = Phase.mapping
    /// What is known so far; complete when the phase is `done`.
    public internal(set) var reading = NatReading()

    var asker: StunAsker<Question>
    let insideHosts: [Endpoint]
    /// The outside endpoints seen from the landmarks.
    var seen: [Question: Endpoint] = [:]
    /// What answers from elsewhere said: came, did not come, cannot be had.
    var letIn: [Question: NatReading.Finding] = [:]
    var samples: [PortSample] = []

    /// Starts a probe.
    ///
    /// - Parameters:
    ///   - landmarks: whom to ask, all of one family.
    ///   - insideHosts: the addresses of the host itself, to see whether they are translated.
    ///   - seed: makes transactions that strangers cannot guess; from real randomness.
    ///   - now: the present.
    public init(_ landmarks: Landmarks, insideHosts: [Endpoint], seed: UInt64, at now: Instant) {
        self.landmarks = landmarks
        self.insideHosts = insideHosts
        asker = StunAsker(seed: seed)
        let targets: [(Question, Endpoint?)] = [
            (.primary, landmarks.primary), (.otherPort, landmarks.otherPort),
            (.otherHost, landmarks.otherHost),
        ]
        for (question, target) in targets {
            guard let target else { continue }
            let socket = NatProbe.mappingSocket
            asker.ask(.init(question: question, socket: socket, target: target), at: now)
        }
    }

    /// When `advance` has something to do next; nil at the end.
    public var nextDeadline: Instant? { asker.nextDeadline }

    /// Sends what is due, and goes on when all questions of a phase are settled.
    public mutating func advance(to now: Instant, into effects: inout [Effect]) {
        repeat {
            let hopeless = asker.advance(to: now) { outgoing, socket in
                effects.append(.send(outgoing, socket: socket))
            }
            for question in hopeless {
                switch question {
                case .filterPort, .filterHost, .hairpin: letIn[question] = .no
                case .primary, .otherPort, .otherHost, .allocation: break
                }
            }
        } while moveOn(at: now, into: &effects)
    }

    /// Takes in a datagram that came to one of the sockets, whose inside port is told with it.
    public mutating func receive(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        on socket: (number: Int, port: UInt16),
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let (request, message) = asker.settle(datagram) else { return }
        switch request.question {
        case .primary, .otherPort, .otherHost:
            note(message.mapped, for: request.question, insidePort: socket.port)
        case .filterPort, .filterHost:
            letIn[request.question] = finding(message, from: endpoint, for: request.question)
        case .allocation(let number):
            guard let mapped = message.mapped else { break }
            samples.append(
                PortSample(socket: number, insidePort: socket.port, outside: mapped)
            )
        case .hairpin: letIn[request.question] = message.kind == .request ? .yes : .unknown
        }
        advance(to: now, into: &effects)
    }

    private mutating func note(_ mapped: Endpoint?, for question: Question, insidePort: UInt16) {
        guard let mapped else { return }
        seen[question] = mapped
        guard reading.outside == nil else { return }
        reading.outside = mapped
        let isOwn = insideHosts.contains { $0.sharesHost(with: mapped) }
        let isTurned = (mapped.ipv4 == nil) != (landmarks.primary.ipv4 == nil)
        reading.translation = isOwn ? .none : isTurned ? .family : .address
    }

    /// What an answer to a request for an answer from elsewhere says.
    ///
    /// A tracker that answers from where it was asked, or refuses, has not tried.
    private func finding(
        _ message: StunMessage,
        from endpoint: Endpoint,
        for question: Question
    ) -> NatReading.Finding {
        guard message.kind == .success, endpoint != landmarks.primary else { return .unknown }
        let isSameHost = endpoint.sharesHost(with: landmarks.primary)
        return isSameHost == (question == .filterPort) ? .yes : .unknown
    }
}
