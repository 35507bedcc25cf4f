/// What a peer tells of its own NAT, so that others know how to reach it.
public struct NatOutlook: Sendable, Equatable {
    /// What else is known of a NAT.
    public struct Traits: OptionSet, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt8
        /// Makes traits from their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Hosts behind it reach each other by their outside endpoints (RFC 4787 REQ-9).
        public static let hairpins = Traits(rawValue: 1)
        /// There is no translation: the host has a public address.
        public static let untranslated = Traits(rawValue: 2)
        /// The person does not want the address shown to other viewers: only the source feeds it.
        public static let secluded = Traits(rawValue: 4)
        /// More will be known in some seconds: which ports the NAT gives away is not yet.
        public static let provisional = Traits(rawValue: 8)
        /// All that have a meaning.
        public static let known: Traits = [.hairpins, .untranslated, .secluded, .provisional]
    }

    /// How it treats the flows of the peer's socket.
    public var type: NatType
    /// The distance between successive ports under contiguous allocation; not zero.
    public var delta: Int8
    /// The outside port that any socket of the host was given last; 0 when unknown.
    public var newestPort: UInt16
    /// The inside port of the peer's socket.
    public var insidePort: UInt16
    /// What else is known.
    public var traits: Traits

    /// A host that anybody reaches.
    public static let open = NatOutlook(.open, newestPort: 0, insidePort: 0)

    /// Makes an outlook; a delta of zero counts as 1.
    public init(
        _ type: NatType,
        delta: Int8 = 1,
        newestPort: UInt16,
        insidePort: UInt16,
        traits: Traits = []
    ) {
        self.type = type
        self.delta = delta == 0 ? 1 : delta
        self.newestPort = newestPort
        self.insidePort = insidePort
        self.traits = traits
    }

    /// What people call it.
    public var words: String {
        guard traits.contains(.untranslated) else { return type.commonName }
        return type.filtering == .endpointIndependent ? "open" : "firewall"
    }

    /// How one socket of the host fares that has already sent to somebody.
    ///
    /// Where every remote gets an outside port of its own, the first has taken the inside port: those of
    /// the others are as good as random.
    public var ofUsedSocket: NatOutlook {
        var result = self
        if type.mapping != .endpointIndependent, type.allocation == .preserving {
            result.type.allocation = .random
        }
        return result
    }
}
