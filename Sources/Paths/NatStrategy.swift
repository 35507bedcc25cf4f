public import Basics

/// How two peers behind NATs come together without a relay, by the types of their NATs.
///
/// This is the table of the 27 × 27 pairs, as rules from the easiest to the hardest. It is NATCracker's
/// (Roverso, El-Ansary, Haridi, ICCCN 2009, theorem 6.1) with two rules added: two endpoint-independent
/// mappings can always meet, for both ports are known from the tracker (RFC 5128 section 3.3); and
/// the answer to a datagram that was let in leaves by the port it came in by, as with every NAT that
/// tracks connections. Of the 378 unordered pairs 207 are dialled, 57 open at the same time, 76 need
/// a port foretold and 38 are relayed; each was measured through real NATs.
///
///     one filters EI                                                            reversal
///     both map EI; or one maps EI and filters AD                                simultaneousOpen
///     one has a foreseeable port and filters AD                                 predict its port
///     both have foreseeable ports, one of them maps EI                          predict the other's
///     both have foreseeable ports                                               predict both
///     otherwise                                                                 relay
public enum NatStrategy: UInt8, Sendable, CaseIterable {
    /// One side lets in anybody at the endpoint that the tracker sees; the other dials.
    case reversal = 0
    /// Both send to the endpoints that the tracker sees, at the same time.
    case simultaneousOpen = 1
    /// One side's port is foretold: it is the inside port of a fresh socket.
    case predictPreserving = 2
    /// One side's port is foretold: it follows the last one seen.
    case predictContiguous = 3
    /// Both sides' ports are foretold.
    case predictInterleaved = 4
    /// There is no direct way that is worth its datagrams.
    case relay = 5

    /// How hard it is.
    public enum Effort: UInt8, Sendable, CaseIterable {
        /// All ports are known.
        case simple = 0
        /// A port is foretold; fails when others behind the same NAT open mappings meanwhile.
        case prediction = 1
        /// Somebody must pass the datagrams on.
        case relaying = 2
    }

    /// The easiest strategy for two NATs; the same in both orders.
    public init(_ one: NatType, _ other: NatType) {
        if one.isDialable || other.isDialable {
            self = .reversal
        } else if NatStrategy.isSimple(one, other) || NatStrategy.isSimple(other, one) {
            self = .simultaneousOpen
        } else {
            self = NatStrategy.prediction(one, other) ?? .relay
        }
    }

    /// How hard it is.
    public var effort: Effort {
        switch self {
        case .reversal, .simultaneousOpen: .simple
        case .predictPreserving, .predictContiguous, .predictInterleaved: .prediction
        case .relay: .relaying
        }
    }

    /// What it is called, for people.
    public var name: String {
        switch self {
        case .reversal: "direct"
        case .simultaneousOpen: "punched"
        case .predictPreserving: "punched, port preserved"
        case .predictContiguous: "punched, next port"
        case .predictInterleaved: "punched, both ports foretold"
        case .relay: "relayed"
        }
    }

    /// Whether both ports are known; or the first one's is, and it opens its filter for the other's
    /// address, from whichever port the other comes.
    private static func isSimple(_ one: NatType, _ other: NatType) -> Bool {
        one.mapping == .endpointIndependent
            && (other.mapping == .endpointIndependent || one.filtering == .addressDependent)
    }

    private static func prediction(_ one: NatType, _ other: NatType) -> NatStrategy? {
        let pair = [one, other]
        // One side's foretold port, opened for the other's address, is enough.
        let hosts = pair.filter { $0.isForeseeable && $0.filtering < .addressAndPortDependent }
        if hosts.contains(where: { $0.allocation == .preserving }) { return .predictPreserving }
        if !hosts.isEmpty { return .predictContiguous }
        guard one.isForeseeable, other.isForeseeable else { return nil }
        guard let dependent = pair.first(where: { $0.mapping != .endpointIndependent }),
            pair.contains(where: { $0.mapping == .endpointIndependent })
        else { return .predictInterleaved }
        return dependent.allocation == .preserving ? .predictPreserving : .predictContiguous
    }
}

extension NatType {
    /// Whether anybody gets in at the endpoint that the tracker sees.
    public var isDialable: Bool { filtering == .endpointIndependent }

    /// Whether the outside port of the next flow can be told beforehand.
    public var isForeseeable: Bool {
        mapping == .endpointIndependent || allocation != .random
    }
}

extension NatOutlook {
    /// Whether a punch to a peer behind such a NAT would spend a port that can be foretold some seconds later.
    ///
    /// A NAT that gives every remote a port of its own keeps the one that it has given to a punch sent in
    /// ignorance, and nobody knows which one that was. Not where no port has to be foretold. nil counts as
    /// the usual NAT.
    public func mustWait(for other: NatOutlook?) -> Bool {
        guard traits.contains(.provisional), type.mapping != .endpointIndependent else {
            return false
        }
        let unforeseeable = NatType(type.mapping, type.filtering, .random)
        return NatStrategy(unforeseeable, other?.type ?? .usual).effort != .simple
    }
}
