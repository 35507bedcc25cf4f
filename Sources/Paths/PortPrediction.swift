public import Basics

/// Which outside ports a peer's next flow may have.
///
/// Per introduction a stranger gets at most 6 punches (SECURITY 2.7), so a contiguous port is looked for
/// among the next 6.
public struct PortPrediction: Sendable, Equatable {
    /// What one side of an introduction knows of its own NAT, for the other to aim by.
    public struct Outlook: Sendable, Equatable {
        /// The NAT's type.
        public var type: NatType
        /// The endpoint of its shared socket as the tracker sees it.
        public var observed: Endpoint
        /// The outside port that any socket of its host was given last, seen just before the
        /// introduction; matters under contiguous allocation.
        public var newestPort: UInt16
        /// The inside port of the socket that it will send from.
        public var insidePort: UInt16
        /// The distance between successive ports of a contiguous NAT; not zero.
        public var delta: Int8

        /// Makes an outlook whose newest port is the observed one.
        public init(type: NatType, observed: Endpoint, insidePort: UInt16, delta: Int8 = 1) {
            self.type = type
            self.observed = observed
            newestPort = observed.port
            self.insidePort = insidePort
            self.delta = delta == 0 ? 1 : delta
        }
    }

    /// At most so many ports are tried (SECURITY 2.7).
    public static let portsMax = 6

    /// The ports, the likeliest first; 1 up to 6, without repeats.
    public let ports: [UInt16]

    /// Foretells the ports of a peer's next flow.
    ///
    /// A random port cannot be foretold; then this is the one that the tracker sees, for any datagram
    /// to that host opens our own filter for the host.
    public init(_ outlook: Outlook, count: Int = portsMax) {
        guard outlook.type.mapping != .endpointIndependent else {
            ports = [outlook.observed.port]
            return
        }
        switch outlook.type.allocation {
        case .preserving: ports = [outlook.insidePort]
        case .contiguous:
            let (newest, delta) = (Int(outlook.newestPort), Int(outlook.delta))
            ports = (1...max(1, min(count, PortPrediction.portsMax)))
                .map { PortPrediction.wrapped(newest + $0 * delta) }
        case .random: ports = [outlook.observed.port]
        }
    }

    /// NATs give away the ports from 1,024 on, round and round.
    private static func wrapped(_ port: Int) -> UInt16 {
        let (least, count) = (1_024, 65_536 - 1_024)
        let offset = (port - least) % count
        return UInt16(least + (offset < 0 ? offset + count : offset))
    }
}
