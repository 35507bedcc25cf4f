public import Basics
import Wire

/// Where the punches of one introduction go.
///
/// Peers that the tracker sees at one address first try each other's own addresses, and go through
/// their NAT only when it turns datagrams round or nobody knows. For all others the plan for the two
/// NATs decides; without one it is where the tracker sees the peer, and where it says to be.
enum PunchTargets {
    static func of(_ introduction: Introduction, near observed: Endpoint?) -> [Endpoint] {
        let known = introduction.contact.candidates
        guard let far = known.first(where: { !$0.isPrivate }) ?? known.first else { return [] }
        let isBehindOneNat = observed?.sharesHost(with: far) ?? false
        if isBehindOneNat || far.isPrivate {
            let own = known.filter { $0 != far }
            let isTurned = introduction.near?.traits.contains(.hairpins) ?? true
            return own.isEmpty || !isBehindOneNat || isTurned ? own + [far] : own
        }
        guard let near = introduction.near, let other = introduction.far,
            let plan = PunchPlan(
                from: .init(near, observed: observed ?? far),
                to: .init(other, observed: far)
            )
        else { return known }
        // A dialable peer is silent; it may still have several addresses at which to be dialled.
        return plan.targets == [far] ? known : plan.targets
    }
}

extension PortPrediction.Outlook {
    /// What the other side of an introduction is told.
    public init(_ told: NatOutlook, observed: Endpoint) {
        self.init(
            type: told.type,
            observed: observed,
            insidePort: told.insidePort,
            delta: told.delta
        )
        if told.newestPort != 0 { newestPort = told.newestPort }
    }
}
