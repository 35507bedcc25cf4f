import Basics

/// The members of a view in dense form: index 0 is the source, the others follow in order of
/// their identifiers, so that the order of the view's members does not matter.
struct Roster {
    /// The number of stripes.
    let stripeCount: Int
    /// Who is who.
    let ids: [PeerID]
    /// The seats of each; never negative.
    let seats: [Int]
    /// How many children each should have in one stripe (`FanOut`).
    let widths: [Int]
    /// The stripes that each receives; all of them for the source.
    let needs: [UInt32]
    /// How long each has been a member.
    let uptimes: [TimeSpan]
    /// The network of each.
    let prefixes: [UInt64]
    /// Whom each must not have as a parent.
    private let suspects: SparsePairs
    /// The class of each in `reachability`.
    let reach: [UInt8]
    /// Whether no crowd is coming.
    let isFormed: Bool
    /// Which classes can connect.
    let reachability: Reachability
    /// What share of all members each class can connect to.
    let openness: [Double]
    /// Where each is, if that is known.
    let coordinates: [Coordinate?]
    /// Whether that is known of anybody.
    let hasCoordinates: Bool
    /// The round-trip times that each measured, in milliseconds.
    let roundTrips: SparsePairs
    /// The parent that each says it has, by `slot`; -1 for none or for one that is not a member.
    private(set) var parents: [Int32]

    /// The index of the source.
    static let source = 0
    /// How many suspects of one peer are heeded; more would let one peer slow the plan of all.
    private static let suspectsMax = 64
    /// How many measurements of one peer are heeded.
    private static let roundTripsMax = 32
    /// More seats than any uplink has, few enough that sums do not overflow.
    private static let seatsMax = 1 << 20

    /// How many there are, the source included.
    var count: Int { ids.count }

    /// Indexes the members of a view; of two with the same identifier the better one counts.
    init(_ view: SwarmView) {
        let members = Roster.ordered(view)
        var indexes: [PeerID: Int32] = [:]
        for (index, member) in members.enumerated() { indexes[member.id] = Int32(index) }
        let all = view.stripeCount == 32 ? UInt32.max : (1 << UInt32(view.stripeCount)) - 1
        stripeCount = view.stripeCount
        ids = members.map(\.id)
        seats = members.map { min(max(0, $0.seats), Roster.seatsMax) }
        widths = seats.map { FanOut.best(seats: $0, stripeRate: view.stripeRate) }
        needs = members.map { $0.id == view.source ? all : $0.needs & all }
        uptimes = members.map(\.uptime)
        prefixes = members.map(\.prefix)
        isFormed = view.isFormed
        reachability = view.reachability
        let last = UInt8(view.reachability.classCount - 1)
        reach = members.map { min($0.reach, last) }
        openness = Roster.openness(view.reachability, reach)
        coordinates = members.map { $0.coordinate?.isUsable == true ? $0.coordinate : nil }
        hasCoordinates = coordinates.contains { $0 != nil }
        suspects = SparsePairs(
            members.map { member in
                if member.suspects.isEmpty { return [] }
                let known = member.suspects.sorted().compactMap { indexes[$0] }
                return known.prefix(Roster.suspectsMax).map { ($0, 0) }
            }
        )
        roundTrips = SparsePairs(
            members.map { member in
                member.roundTrips.prefix(Roster.roundTripsMax).compactMap { trip in
                    indexes[trip.peer].map { ($0, Float(max(0, trip.span.seconds) * 1e3)) }
                }
            }
        )
        parents = Roster.parents(members, view.stripeCount, indexes)
    }

    private static func parents(
        _ members: [SwarmView.Member],
        _ stripeCount: Int,
        _ indexes: [PeerID: Int32]
    ) -> [Int32] {
        var parents = [Int32](repeating: -1, count: members.count * stripeCount)
        for (at, member) in members.enumerated() {
            for (stripe, parent) in member.parents.prefix(stripeCount).enumerated() {
                guard let parent, let index = indexes[parent] else { continue }
                parents[at * stripeCount + stripe] = index
            }
        }
        return parents
    }

    /// The members with the parents that some trees give them.
    func following(_ forests: [StripeForest]) -> Roster {
        var roster = self
        for forest in forests {
            for peer in 1..<max(1, count) {
                roster.parents[slot(peer, forest.stripe)] = forest.parents[peer]
            }
        }
        return roster
    }

    /// The share of the members that each class can connect to.
    private static func openness(_ reachability: Reachability, _ reach: [UInt8]) -> [Double] {
        var counts = [Int](repeating: 0, count: reachability.classCount)
        for one in reach { counts[Int(one)] += 1 }
        return counts.indices.map { one in
            let reached = counts.indices.reduce(0) {
                $0 + (reachability.grade(one, $1) == .never ? 0 : counts[$1])
            }
            return Double(reached) / Double(max(1, reach.count))
        }
    }

    /// Where the values of a peer in a stripe are kept in flat arrays.
    func slot(_ peer: Int, _ stripe: Int) -> Int { peer * stripeCount + stripe }

    /// Whether a peer receives a stripe.
    func needs(_ peer: Int, _ stripe: Int) -> Bool { needs[peer] >> UInt32(stripe) & 1 == 1 }

    /// Whether a peer can have another as its parent at all.
    @inline(__always)
    func allows(_ child: Int, under parent: Int) -> Bool {
        child != parent && reachability.allows(reach[child], reach[parent])
            && !suspects.contains(child, parent)
    }

    /// A number that looks random, depends on who the peer is and on nothing else that changes.
    func lot(_ peer: Int, _ salt: Int) -> UInt64 {
        Roster.mix(ids[peer].value &+ UInt64(truncatingIfNeeded: salt) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    private static func ordered(_ view: SwarmView) -> [SwarmView.Member] {
        var members: [SwarmView.Member] = []
        var source = SwarmView.Member(
            id: view.source,
            role: .source,
            seats: view.stripeCount,
            prefix: 0
        )
        for member in view.members.sorted(by: isBefore) {
            if member.id == view.source {
                source = member
            } else if members.last?.id == member.id {
                members[members.count - 1] = member
            } else {
                members.append(member)
            }
        }
        return [source] + members
    }

    private static func isBefore(_ left: SwarmView.Member, _ right: SwarmView.Member) -> Bool {
        (left.id, left.uptime, left.seats, left.needs, left.prefix)
            < (right.id, right.uptime, right.seats, right.needs, right.prefix)
    }
}
