import Basics

/// The ideal tree of one stripe: peers in rows, each row fed by the one above.
///
/// Rows are filled from the top: first peers that can have children, the fastest first, then the
/// others. So the tree is as shallow as widths allow. A peer keeps its parent where that one is in
/// the right row and has not much more than its share.
struct RowPlan {
    /// The parent that each peer should have; -1 for whichever has a seat.
    private(set) var parents: [Int32]
    /// The row that each peer should be in; 0 for a peer that there are no seats for.
    private(set) var rows: [Int32]

    private let stripe: Int
    /// How many children each peer should have at most; 0 for one that has no home here.
    private(set) var widths: [Int]

    /// Plans one stripe.
    init(_ roster: Roster, _ links: Links, _ plan: SeatPlan, stripe: Int) {
        self.stripe = stripe
        parents = [Int32](repeating: -1, count: roster.count)
        rows = [Int32](repeating: 0, count: roster.count)
        widths = RowPlan.widths(roster, plan, stripe)
        let feeders = rankedFeeders(roster, links)
        relieveTrunk(feeders, wanted: plan.demands[stripe], isFormed: roster.isFormed)
        let leaves = rankedLeaves(roster, links, plan)
        fillRows(feeders: feeders, leaves: leaves, roster, links)
    }

    /// How many of the children that it has and is not planned to have each peer may keep as well as not.
    ///
    /// None in a small swarm, whose few uplinks should be used alike (measured with 60 viewers who come at once:
    /// with two of ten seeds somebody missed .4 % of the stream otherwise).
    var roomLeft: [Int] {
        guard widths.count > RowPlan.smallMax else { return widths.map { _ in 0 } }
        var room = widths
        for parent in parents where parent >= 0 { room[Int(parent)] -= 1 }
        return room
    }

    /// The best widths, doubled until they suffice for all or nobody has seats left.
    private static func widths(_ roster: Roster, _ plan: SeatPlan, _ stripe: Int) -> [Int] {
        let wanted = plan.demands[stripe] - plan.sourceSeats[stripe]
        let limits = (0..<roster.count).map { plan.allotted[roster.slot($0, stripe)] }
        var widths: [Int] = []
        for doublings in 0..<20 {
            widths = limits.indices.map { min(limits[$0], roster.widths[$0] << doublings) }
            if widths.reduce(0, +) >= wanted || widths == limits { break }
        }
        widths[Roster.source] = plan.sourceSeats[stripe]
        return widths
    }

    /// Trees of fewer peers are too shallow for a queue near the source to be felt; from as many on manifests go
    /// down the trunk as well (`Peer.audienceLarge`).
    static let smallMax = 256
    /// The share of its seats that a feeder of feeders has in use: these get every manifest from it as well,
    /// of a quarter of a chunk's size, and a link in full use has a queue.
    private static let trunkLoad = 2.0 / 3

    /// Leaves some seats of those empty who feed feeders, as long as the others have enough.
    ///
    /// What waits at an uplink near the source is late for everybody below (measured with 1,000 viewers whose
    /// uplinks carry 1.25 times the need: a hop took 130 ms where all of nine seats were taken, and 75 ms
    /// where two were left).
    private mutating func relieveTrunk(_ feeders: [Int], wanted: Int, isFormed: Bool) {
        guard isFormed, widths.count > RowPlan.smallMax else { return }
        var spare = feeders.reduce(widths[Roster.source] - wanted) { $0 + widths[$1] }
        var unfed = feeders.count - widths[Roster.source]
        for peer in feeders where unfed > 0 {
            let width = Int((Double(widths[peer]) * RowPlan.trunkLoad).rounded(.up))
            guard spare >= widths[peer] - width else { return }
            spare -= widths[peer] - width
            widths[peer] = width
            unfed -= width
        }
    }

    /// The peers that can have children, best first.
    ///
    /// Speed counts in classes, two per power of two. A peer at work counts as faster by a factor of two,
    /// and one near the source as faster the nearer it is, so that changes of estimates move nobody:
    /// whoever goes down a row takes its whole tree along.
    private func rankedFeeders(_ roster: Roster, _ links: Links) -> [Int] {
        let order = (1..<roster.count).filter { widths[$0] > 0 }.map { peer in
            let slot = roster.slot(peer, stripe)
            let busy = links.childCounts[slot] > 0
            let depth = links.places[slot] < 0 ? Int32.max : links.places[slot]
            let rank =
                RowPlan.speedClass(roster.seats[peer]) + (busy ? 2 : 0) + RowPlan.favour(depth)
            let longest = -roster.uptimes[peer].nanoseconds
            return (-rank, busy ? 0 : 1, depth, longest, roster.lot(peer, stripe), peer)
        }
        return order.sorted(by: <).map(\.5)
    }

    /// Twice the binary logarithm, roughly.
    private static func speedClass(_ seats: Int) -> Int {
        guard seats > 1 else { return seats }
        let power = Int.bitWidth - 1 - seats.leadingZeroBitCount
        return 1 + 2 * power + (seats >> (power - 1) & 1)
    }

    /// By how many classes of speed a peer of a row is favoured over those far below: twice as much as the
    /// row beneath it.
    private static func favour(_ depth: Int32) -> Int {
        switch depth {
        case 1: 4
        case 2: 2
        case 3: 1
        default: 0
        }
    }

    /// The peers without children here.
    private func rankedLeaves(_ roster: Roster, _ links: Links, _ plan: SeatPlan) -> LeafQueue {
        let leaves = (1..<roster.count).filter { widths[$0] == 0 && roster.needs($0, stripe) }
        let isShort = widths.reduce(0, +) < plan.demands[stripe]
        return LeafQueue(leaves, stripe: stripe, isShort: isShort, roster, links)
    }

    private mutating func fillRows(
        feeders: [Int],
        leaves: LeafQueue,
        _ roster: Roster,
        _ links: Links
    ) {
        var feedersLeft = feeders[...]
        var leavesLeft = leaves
        var above = [Roster.source]
        for row in 1...max(1, roster.count) {
            let slots = above.reduce(0) { $0 + widths[$1] }
            let newFeeders = Array(feedersLeft.prefix(slots))
            let newLeaves = leavesLeft.take(slots - newFeeders.count, forRow: Int32(row))
            guard !newFeeders.isEmpty || !newLeaves.isEmpty else { break }
            feedersLeft = feedersLeft.dropFirst(newFeeders.count)
            let members = newFeeders + newLeaves
            for peer in members { rows[peer] = Int32(row) }
            feed(members, from: above, roster, links)
            above = newFeeders
        }
    }

    /// Gives each peer of a row a parent in the row above, whose widths suffice.
    private mutating func feed(
        _ members: [Int],
        from above: [Int],
        _ roster: Roster,
        _ links: Links
    ) {
        var shares = Shares(above, widths, childCount: members.count)
        var open: [(Double, Int)] = []
        for peer in members {
            let current = links.parents[roster.slot(peer, stripe)]
            if current >= 0, shares.keep(Int(current)) {
                parents[peer] = current
            } else {
                open.append((roster.openness[Int(roster.reach[peer])], peer))
            }
        }
        // Whom few can feed chooses first, so that the seats it can use are not gone.
        if roster.reachability.classCount > 1 { open.sort { $0.0 < $1.0 } }
        for (_, peer) in open {
            if let parent = shares.take(where: { roster.allows(peer, under: $0) }) {
                parents[peer] = Int32(parent)
            }
        }
        settleBlocked(members, roster, links)
    }

    /// A peer that suspects all that were left stays where it is, if it is somewhere.
    private mutating func settleBlocked(_ members: [Int], _ roster: Roster, _ links: Links) {
        for peer in members where parents[peer] < 0 {
            parents[peer] = links.parents[roster.slot(peer, stripe)]
        }
    }
}

/// How many children of a row each peer of the row above gets: by width, rounded so that the sum
/// is exact.
struct Shares {
    private let parents: [Int]
    private let quotas: [Int]
    private let limits: [Int]
    private let widths: [Int]
    private var counts: [Int]
    private var places: [Int: Int] = [:]
    private var cursor = 0

    init(_ parents: [Int], _ widths: [Int], childCount: Int) {
        self.parents = parents
        self.widths = parents.map { widths[$0] }
        let total = max(1, self.widths.reduce(0, +))
        var before = 0
        var quotas: [Int] = []
        var limits: [Int] = []
        for width in self.widths {
            let after = before + width
            quotas.append(after * childCount / total - before * childCount / total)
            limits.append(Shares.limit(width: width, of: total, childCount: childCount))
            before = after
        }
        self.quotas = quotas
        self.limits = limits
        counts = [Int](repeating: 0, count: parents.count)
        for (place, parent) in parents.enumerated() { places[parent] = place }
    }

    /// The most children that a parent may keep: a quarter more than its share, or one more.
    static func limit(width: Int, of total: Int, childCount: Int) -> Int {
        let share = width * childCount
        let generous = max((5 * share + 4 * total - 1) / (4 * total), share / total + 1)
        return min(width, generous)
    }

    /// Counts a child that has this parent already; false when it should have another.
    mutating func keep(_ parent: Int) -> Bool {
        guard let place = places[parent], counts[place] < limits[place] else { return false }
        counts[place] += 1
        return true
    }

    /// How many parents are looked at for one child that is refused by others: who is refused by
    /// so many is placed wherever there is a seat.
    private static let looksMax = 128

    /// A parent below its quota, or else one with width left, that is acceptable.
    mutating func take(where allowed: (Int) -> Bool) -> Int? {
        while cursor < parents.count, counts[cursor] >= quotas[cursor] { cursor += 1 }
        guard
            let place = first(from: cursor, limits: quotas, allowed)
                ?? first(from: 0, limits: widths, allowed)
        else { return nil }
        counts[place] += 1
        return parents[place]
    }

    private func first(from start: Int, limits: [Int], _ allowed: (Int) -> Bool) -> Int? {
        var looks = 0
        for place in start..<parents.count where counts[place] < limits[place] {
            if allowed(parents[place]) { return place }
            looks += 1
            if looks == Shares.looksMax { return nil }
        }
        return nil
    }
}
