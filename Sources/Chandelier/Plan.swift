public import Basics

/// Who should feed whom: for every member, a parent per stripe that it needs.
public struct Plan: Sendable, Equatable {
    /// The assignments of each member but the source, in order of stripes.
    ///
    /// A dictionary has no order: go through `peers` where the order can reach an effect.
    public var parents: [PeerID: [Assignment]]

    /// Makes a plan.
    public init(parents: [PeerID: [Assignment]] = [:]) { self.parents = parents }

    /// The members in order of their identifiers.
    public var peers: [PeerID] { parents.keys.sorted() }

    /// What a member gets in one stripe; nil when it does not need the stripe.
    public func assignment(of peer: PeerID, stripe: Int) -> Assignment? {
        parents[peer]?.first { $0.stripe == stripe }
    }
}

extension Plan {
    /// The place of one peer in the tree of one stripe.
    public struct Assignment: Sendable, Equatable {
        /// The stripe.
        public var stripe: Int
        /// Who feeds the peer; nil when there is no seat for it, so that it has to pull.
        public var parent: PeerID?
        /// Whom to turn to when the parent fails, best first; at most `backupsMax`.
        public var backups: [PeerID]

        /// How many backups a peer gets where the swarm is large enough.
        public static let backupsMax = 2

        /// Makes an assignment.
        public init(stripe: Int, parent: PeerID?, backups: [PeerID] = []) {
            self.stripe = stripe
            self.parent = parent
            self.backups = backups
        }
    }
}
