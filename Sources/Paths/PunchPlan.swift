public import Basics

/// What one of two introduced peers does so that its punches meet the other's.
///
/// When one side's port is foretold, up to 5 foreign mappings may come in between; when both are and
/// both NATs look at ports, none may.
public struct PunchPlan: Sendable, Equatable {
    /// Which socket the punches leave by.
    public enum Socket: Sendable, Equatable {
        /// The one that the tracker sees.
        case shared
        /// One that has sent nothing yet, because only its first mapping gets the inside port.
        case fresh
    }

    /// At most so many punches go to a stranger (SECURITY 2.7).
    public static let punchesMax = 6

    /// The strategy that both follow.
    public let strategy: NatStrategy
    /// Which socket sends.
    public let socket: Socket
    /// Where the punches go, in order, all to one host; none when the peer waits to be dialled.
    public let targets: [Endpoint]

    /// Plans one side's part of an introduction; the other side plans with the arguments exchanged.
    ///
    /// - Returns: nil when the pair is to be relayed.
    public init?(from near: PortPrediction.Outlook, to far: PortPrediction.Outlook) {
        strategy = NatStrategy(near.type, far.type)
        switch strategy {
        case .relay: return nil
        case .reversal, .simultaneousOpen:
            socket = .shared
            targets = near.type.waits(for: far.type) ? [] : [far.observed]
        case .predictPreserving, .predictContiguous, .predictInterleaved:
            socket = PunchPlan.socket(of: near.type)
            targets = PortPrediction(far, count: near.type.aimsMax).ports
                .map { far.observed.with(port: $0) }
        }
    }

    /// The socket that a peer uses when ports are foretold; the other peer has to be told its port
    /// before the introduction.
    public static func socket(of type: NatType) -> Socket {
        type.mapping != .endpointIndependent && type.allocation == .preserving ? .fresh : .shared
    }

    /// Where a punch goes by its number, from 0: each target is tried before one is tried again; nil
    /// for a peer that waits, and after the last punch.
    public func target(_ number: Int) -> Endpoint? {
        guard !targets.isEmpty, (0..<PunchPlan.punchesMax).contains(number) else { return nil }
        return targets[number % targets.count]
    }
}

extension NatType {
    /// Whether it must be silent until the other has dialled it.
    ///
    /// A flow that it opened itself would leave by a port that the other's filter has not opened;
    /// the answer to the other's datagram leaves by the port that the other sent to.
    fileprivate func waits(for other: NatType) -> Bool {
        isDialable && mapping != .endpointIndependent && !other.isDialable
    }

    /// How many ports of one host it is worth aiming at.
    ///
    /// Only the first mapping of a fresh socket keeps the inside port, so who maps each port by itself
    /// has one try.
    fileprivate var aimsMax: Int {
        let hasOneTry = mapping == .addressAndPortDependent && allocation == .preserving
        return hasOneTry ? 1 : PortPrediction.portsMax
    }
}
