public import Basics

/// The NATs of a class of viewers.
public struct NatPlan: Sendable, Equatable {
    /// The types, with their shares; a plan has at least one.
    public var shares: [(type: NatType, share: Double)]
    /// How long a mapping lives that nobody uses.
    public var bindingTimeout = TimeSpan.seconds(120)

    /// The NATs that KTH measured and simulated with, in percent (NATCracker; its data).
    public static let measured = NatPlan([
        (NatType(.endpointIndependent, .addressAndPortDependent, .preserving), 46.6),
        (NatType(.addressAndPortDependent, .addressAndPortDependent, .random), 12.4),
        (NatType(.endpointIndependent, .addressAndPortDependent, .random), 9.9),
        (NatType(.endpointIndependent, .endpointIndependent, .preserving), 9.3),
        (NatType(.endpointIndependent, .endpointIndependent, .random), 7.7),
        (NatType(.endpointIndependent, .addressDependent, .preserving), 4.6),
        (NatType(.endpointIndependent, .endpointIndependent, .contiguous), 4.4),
        (NatType(.addressAndPortDependent, .addressAndPortDependent, .preserving), 2.6),
        (NatType(.addressAndPortDependent, .endpointIndependent, .preserving), 0.7),
        (NatType(.addressAndPortDependent, .endpointIndependent, .random), 0.6),
        (NatType(.endpointIndependent, .addressAndPortDependent, .contiguous), 0.6),
        (NatType(.endpointIndependent, .addressDependent, .random), 0.4),
        (NatType(.addressDependent, .addressAndPortDependent, .random), 0.2),
    ])

    /// Makes a plan from types and their shares, which need not add up to anything.
    public init(_ shares: [(type: NatType, share: Double)]) { self.shares = shares }

    /// One NAT, drawn by the shares.
    func draw(_ random: inout SeededRandom) -> NatType {
        var left = random.unit() * shares.reduce(0) { $0 + $1.share }
        for (type, share) in shares {
            left -= share
            if left < 0 { return type }
        }
        return shares.last?.type ?? .usual
    }

    /// Whether both have the same types in the same shares, and the same time-out.
    public static func == (left: NatPlan, right: NatPlan) -> Bool {
        left.bindingTimeout == right.bindingTimeout && left.shares.count == right.shares.count
            && zip(left.shares, right.shares).allSatisfy {
                $0.type == $1.type && $0.share == $1.share
            }
    }
}
