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
    let suspects: [[Int32]]
    /// The parent that each says it has, by `slot`; -1 for none or for one that is not a member.
    let parents: [Int32]

    /// The index of the source.
    static let source = 0
    /// How many suspects of one peer are heeded; more would let one peer slow the plan of all.
    private static let suspectsMax = 64
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
        suspects = members.map { member in
            member.suspects.sorted().compactMap { indexes[$0] }.prefix(Roster.suspectsMax).sorted()
        }
        parents = members.flatMap { member in
            (0..<view.stripeCount).map { stripe in
                guard stripe < member.parents.count, let parent = member.parents[stripe] else {
                    return -1
                }
                return indexes[parent] ?? -1
            }
        }
    }

    /// Where the values of a peer in a stripe are kept in flat arrays.
    func slot(_ peer: Int, _ stripe: Int) -> Int { peer * stripeCount + stripe }

    /// Whether a peer receives a stripe.
    func needs(_ peer: Int, _ stripe: Int) -> Bool { needs[peer] >> UInt32(stripe) & 1 == 1 }

    /// Whether a peer can have another as its parent at all.
    func allows(_ child: Int, under parent: Int) -> Bool {
        child != parent && !suspects[child].contains(Int32(parent))
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
