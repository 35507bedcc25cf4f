/// How a NAT treats UDP: which outside port a flow gets, and whose datagrams come in by it.
///
/// Three kinds of mapping, three of filtering (RFC 4787 sections 4.1 and 5) and three of allocating
/// ports make 27 types (Roverso, El-Ansary, Haridi: NATCracker, ICCCN 2009). A host without a NAT
/// behaves like the type `open`; a firewall that only filters like one that preserves ports.
public struct NatType: Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// How much of the remote endpoint a NAT looks at.
    public enum Dependence: UInt8, Sendable, CaseIterable, Comparable {
        /// Nothing of it.
        case endpointIndependent = 0
        /// Its address.
        case addressDependent = 1
        /// Its address and its port.
        case addressAndPortDependent = 2

        /// The abbreviation that the literature uses.
        public var abbreviation: String {
            switch self {
            case .endpointIndependent: "EI"
            case .addressDependent: "AD"
            case .addressAndPortDependent: "APD"
            }
        }

        /// Whether the left one looks at less.
        public static func < (left: Dependence, right: Dependence) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// How a NAT chooses the outside port of a new mapping.
    public enum Allocation: UInt8, Sendable, CaseIterable {
        /// The inside port, while it is free.
        case preserving = 0
        /// The port of the mapping before, plus a constant.
        case contiguous = 1
        /// Any.
        case random = 2

        /// The word for it.
        public var name: String {
            switch self {
            case .preserving: "preserving"
            case .contiguous: "contiguous"
            case .random: "random"
            }
        }
    }

    /// Which flows of an inside endpoint share an outside port.
    public var mapping: Dependence
    /// Whose datagrams come in by it.
    public var filtering: Dependence
    /// Which port it is.
    public var allocation: Allocation

    /// Makes a type.
    public init(_ mapping: Dependence, _ filtering: Dependence, _ allocation: Allocation) {
        self.mapping = mapping
        self.filtering = filtering
        self.allocation = allocation
    }

    /// No translation and no filter, or as good as that.
    public static let open = NatType(.endpointIndependent, .endpointIndependent, .preserving)
    /// The most frequent type, 46.6 % of a measured population (NATCracker's data); also any host
    /// behind a firewall that lets answers in.
    public static let usual = NatType(.endpointIndependent, .addressAndPortDependent, .preserving)

    /// All 27 types in the order of their bytes.
    public static let allCases: [NatType] = (0..<27).compactMap { NatType(byte: $0) }

    /// The type as one byte: 0 up to 26.
    public var byte: UInt8 { mapping.rawValue * 9 + filtering.rawValue * 3 + allocation.rawValue }

    /// The type that a byte stands for; nil for 27 and above.
    public init?(byte: UInt8) {
        guard let mapping = Dependence(rawValue: byte / 9),
            let filtering = Dependence(rawValue: byte / 3 % 3),
            let allocation = Allocation(rawValue: byte % 3)
        else { return nil }
        self.init(mapping, filtering, allocation)
    }

    /// The short name for experts: mapping, filtering, allocation, as in `EI/APD/preserving`.
    public var description: String {
        "\(mapping.abbreviation)/\(filtering.abbreviation)/\(allocation.name)"
    }

    /// The name in common use (RFC 3489 section 5), which leaves the allocation out.
    public var commonName: String {
        guard mapping == .endpointIndependent else { return "symmetric" }
        switch filtering {
        case .endpointIndependent: return "full cone"
        case .addressDependent: return "restricted cone"
        case .addressAndPortDependent: return "port-restricted cone"
        }
    }

    /// What the type means, for people.
    public var plainWords: String {
        "\(mappingWords), \(allocationWords); \(filteringWords)."
    }

    private var mappingWords: String {
        switch mapping {
        case .endpointIndependent: "Uses one outside port whoever you talk to"
        case .addressDependent: "Uses another outside port for each host you talk to"
        case .addressAndPortDependent: "Uses another outside port for each program you talk to"
        }
    }

    private var allocationWords: String {
        switch allocation {
        case .preserving: "the same as inside if it is free"
        case .contiguous: "one after the other"
        case .random: "which nobody can foretell"
        }
    }

    private var filteringWords: String {
        switch filtering {
        case .endpointIndependent: "lets anybody in who sends there"
        case .addressDependent: "lets in only hosts that you have sent to"
        case .addressAndPortDependent: "lets in only exactly whom you have sent to"
        }
    }
}
