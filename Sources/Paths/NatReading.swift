public import Basics

/// What is known of one's own NAT, for one address family.
public struct NatReading: Sendable, Equatable {
    /// Whether something is so.
    public enum Finding: Sendable, Equatable {
        /// It is.
        case yes
        /// It is not.
        case no
        /// Nobody could tell.
        case unknown
    }

    /// What becomes of addresses on the way out.
    public enum Translation: UInt8, Sendable {
        /// Nothing: the host has a public address.
        case none = 0
        /// They are replaced.
        case address = 1
        /// They are replaced by those of the other family (NAT64, RFC 6146).
        case family = 2
    }

    /// Whether datagrams come back at all; without it nothing else is known.
    public var answers: Finding = .unknown
    /// The type.
    public var type = NatType.usual
    /// Whether the mapping was seen from two addresses; if not, `type` says the likelier.
    public var isMappingProven = false
    /// Whether the filter was tried from two addresses; if not, `type` says the stricter.
    public var isFilteringProven = false
    /// The distance between successive ports under contiguous allocation.
    public var delta: Int8 = 1
    /// What becomes of addresses.
    public var translation = Translation.address
    /// Whether the host reaches itself by its outside endpoints.
    ///
    /// Where it does, hosts behind the NAT reach each other so; where it does not, two of them still may.
    public var hairpin: Finding = .unknown
    /// The newest outside endpoint that was seen.
    public var outside: Endpoint?

    /// Knows nothing.
    public init() {}

    /// Whether datagrams go out and come back.
    public var isReachable: Bool { answers == .yes }

    /// One sentence for people.
    public var plainWords: String {
        switch (answers, translation) {
        case (.unknown, _): "Not looked at yet."
        case (.no, _): "UDP does not get through: everything must be relayed."
        case (.yes, .none):
            "No NAT; \(type.filtering == .endpointIndependent ? "open" : "a firewall")."
        case (.yes, .address), (.yes, .family):
            "Behind a NAT (\(type.commonName)). \(type.plainWords)"
        }
    }
}

/// What a host knows of both address families.
public struct NatSurvey: Sendable, Equatable {
    /// Over IPv4; nil when the host has none.
    public var ipv4: NatReading?
    /// Over IPv6; nil when the host has none.
    public var ipv6: NatReading?

    /// An address family.
    public enum Family: UInt8, Sendable, CaseIterable {
        /// IPv4.
        case ipv4 = 4
        /// IPv6.
        case ipv6 = 6
    }

    /// Joins the readings of both families.
    public init(ipv4: NatReading?, ipv6: NatReading?) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    /// The families over which datagrams go out and come back.
    public var families: [Family] { Family.allCases.filter { reading($0)?.isReachable ?? false } }

    /// Whether IPv6 is all there is; an address family that NAT64 makes up does not count.
    public var isIPv6Only: Bool {
        families == [.ipv6] || (families.contains(.ipv6) && ipv4?.translation == .family)
    }

    /// The reading of one family.
    public func reading(_ family: Family) -> NatReading? {
        switch family {
        case .ipv4: ipv4
        case .ipv6: ipv6
        }
    }

    /// How two hosts meet, and over which family: the one with less effort, IPv6 among equals, for it
    /// spares the NATs their tables; nil when they share none, and must be relayed by one who has both.
    public func way(to other: NatSurvey) -> (family: Family, strategy: NatStrategy)? {
        let shared = families.filter { other.families.contains($0) }
        let ways = shared.compactMap { family -> (family: Family, strategy: NatStrategy)? in
            guard let one = reading(family), let two = other.reading(family) else { return nil }
            return (family, NatStrategy(one.type, two.type))
        }
        return ways.min {
            ($0.strategy.effort.rawValue, -Int($0.family.rawValue))
                < ($1.strategy.effort.rawValue, -Int($1.family.rawValue))
        }
    }
}
