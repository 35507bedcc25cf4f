import Basics

/// Finds the few parents of a row that may be good for a child: near ones, and some by lot.
///
/// Each parent has a place on several rings: in order of networks, along curves through the space
/// of coordinates, and by hash. A child looks at those around its own place. So the work per child
/// does not grow with the swarm, and the choice changes little when others come and go.
struct CandidateRings {
    /// How many parents there are.
    private let count: Int
    private var rings: [Ring] = []

    /// One order of the parents.
    private struct Ring {
        /// Where each peer of the swarm is.
        let ranks: [Int32]
        /// Where the parents are, ascending, and their numbers.
        private(set) var positions: [Int32] = []
        private(set) var numbers: [Int32] = []
        /// The first parent from each stretch of the ring on.
        private var firsts: [Int32] = []
        /// How many parents a child looks at on either side.
        let reach: Int

        /// Peers of the swarm per stretch.
        ///
        /// Even where all peers are parents a child passes four in the mean, and the index is an eighth of the
        /// ring. A choice, not a measurement.
        private static let stretch = 8

        /// Puts the parents of a row on a ring; `marks` is room for a number per peer, -1 each.
        init(_ place: Places.Ring, _ parents: [Int], marks: inout [Int32]) {
            (ranks, reach) = (place.ranks, place.reach)
            for (number, parent) in parents.enumerated() {
                marks[Int(ranks[parent])] = Int32(number)
            }
            positions.reserveCapacity(parents.count)
            numbers.reserveCapacity(parents.count)
            firsts.reserveCapacity(marks.count / Ring.stretch + 1)
            for position in marks.indices {
                if position % Ring.stretch == 0 { firsts.append(Int32(numbers.count)) }
                guard marks[position] >= 0 else { continue }
                positions.append(Int32(position))
                numbers.append(marks[position])
                marks[position] = -1
            }
        }

        /// The first parent that is not before a peer; as many as there are when all are.
        @inline(__always)
        func place(of peer: Int) -> Int {
            let position = ranks[peer]
            var at = Int(firsts[Int(position) / Ring.stretch])
            while at < positions.count, positions[at] < position { at += 1 }
            return at
        }
    }

    /// Rows of up to this many parents are looked at whole: it takes no longer than the rings.
    static let wholeMax = 64

    /// Where all peers are on all rings: the same for all rows.
    struct Places {
        fileprivate struct Ring {
            /// How many others are before each peer.
            let ranks: [Int32]
            let reach: Int

            init(_ positions: [UInt64], reach: Int) {
                let order = positions.enumerated().map { ($1, Int32($0)) }.sorted(by: <)
                var ranks = [Int32](repeating: 0, count: positions.count)
                for (rank, entry) in order.enumerated() { ranks[Int(entry.1)] = Int32(rank) }
                (self.ranks, self.reach) = (ranks, reach)
            }
        }

        fileprivate var rings: [Ring]

        /// How many parents are looked at on either side, by ring.
        ///
        /// Measured on random swarms of 600: twice as many bring the result 0.1 % nearer the
        /// optimum and take half as long again.
        private static let reaches = (network: 2, space: 3, lot: 1, lotAlone: 4)

        /// Places the members.
        init(_ roster: Roster) {
            let lots = (0..<roster.count).map { roster.lot($0, -2) }
            let lotReach = roster.hasCoordinates ? Places.reaches.lot : Places.reaches.lotAlone
            rings = [
                Ring(roster.prefixes, reach: Places.reaches.network), Ring(lots, reach: lotReach),
            ]
            guard roster.hasCoordinates else { return }
            // The second curve is moved by a third of a large cell of the first.
            for shift: Float in [0, 85] {
                let positions = (0..<roster.count).map { peer in
                    roster.coordinates[peer].map { UInt64($0.curvePosition(shift: shift)) }
                        ?? lots[peer] >> 32
                }
                rings.append(Ring(positions, reach: Places.reaches.space))
            }
        }
    }

    /// Lays out the rings of a row; none where the row is small.
    ///
    /// - Parameters:
    ///   - places: where all peers are.
    ///   - parents: the parents of the row.
    ///   - isWhole: whether every child is to look at all of them.
    ///   - marks: room for a number per peer, -1 each; it is left so.
    init(_ places: Places, _ parents: [Int], isWhole: Bool, marks: inout [Int32]) {
        count = parents.count
        guard !isWhole, count > CandidateRings.wholeMax else { return }
        rings = places.rings.map { Ring($0, parents, marks: &marks) }
    }

    /// The numbers of the parents that a child should look at, ascending, each once.
    func candidates(for child: Int, present: Int32, into found: inout [Int32]) {
        found.removeAll(keepingCapacity: true)
        guard !rings.isEmpty else {
            for number in 0..<count { found.append(Int32(number)) }
            return
        }
        var sorted = SortedNumbers()
        if present >= 0 { sorted.insert(present) }
        for ring in rings {
            var at = (ring.place(of: child) - ring.reach + count) % count
            for _ in 0..<2 * ring.reach {
                sorted.insert(ring.numbers[at])
                at = at + 1 < count ? at + 1 : 0
            }
        }
        for at in 0..<sorted.count { found.append(sorted.numbers[at]) }
    }
}

/// A few numbers, ascending, each once; in place, since there is a list for every child of every row.
private struct SortedNumbers {
    /// More than all rings together yield: twice their reaches, and the parent of today.
    private(set) var numbers = InlineArray<24, Int32>(repeating: 0)
    private(set) var count = 0

    /// Puts a number into its place unless it is there.
    @inline(__always)
    mutating func insert(_ number: Int32) {
        var at = count
        while at > 0, numbers[at - 1] > number { at -= 1 }
        if at > 0, numbers[at - 1] == number { return }
        var from = count
        while from > at {
            numbers[from] = numbers[from - 1]
            from -= 1
        }
        numbers[at] = number
        count += 1
    }
}
