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
        let everybody: [UInt64]
        /// Where the parents are, ascending, and their numbers.
        var positions: [UInt64]
        var numbers: [Int32]
        /// How many parents a child looks at on either side.
        let reach: Int
    }

    /// Rows of up to this many parents are looked at whole: it takes no longer than the rings.
    static let wholeMax = 64

    /// Where all peers are on all rings: the same for all rows.
    struct Places {
        fileprivate var rings: [(positions: [UInt64], reach: Int)]

        /// How many parents are looked at on either side, by ring.
        ///
        /// Measured on random swarms of 600: twice as many bring the result 0.1 % nearer the
        /// optimum and take half as long again.
        private static let reaches = (network: 2, space: 3, lot: 1, lotAlone: 4)

        /// Places the members.
        init(_ roster: Roster) {
            let lots = (0..<roster.count).map { roster.lot($0, -2) }
            rings = [(roster.prefixes, Places.reaches.network)]
            rings.append(
                (lots, roster.hasCoordinates ? Places.reaches.lot : Places.reaches.lotAlone)
            )
            guard roster.hasCoordinates else { return }
            // The second curve is moved by a third of a large cell of the first.
            for shift: Float in [0, 85] {
                let positions = (0..<roster.count).map { peer in
                    roster.coordinates[peer].map { UInt64($0.curvePosition(shift: shift)) }
                        ?? lots[peer] >> 32
                }
                rings.append((positions, Places.reaches.space))
            }
        }
    }

    /// Lays out the rings of a row; none where the row is small.
    ///
    /// - Parameters:
    ///   - places: where all peers are.
    ///   - parents: the parents of the row.
    ///   - isWhole: whether every child is to look at all of them.
    init(_ places: Places, _ parents: [Int], isWhole: Bool) {
        count = parents.count
        guard !isWhole, count > CandidateRings.wholeMax else { return }
        rings = places.rings.map { ring in
            let order = parents.enumerated().map { (ring.positions[$1], Int32($0)) }.sorted(by: <)
            return Ring(
                everybody: ring.positions,
                positions: order.map(\.0),
                numbers: order.map(\.1),
                reach: ring.reach
            )
        }
    }

    /// The numbers of the parents that a child should look at, ascending, each once.
    func candidates(for child: Int, present: Int32, into found: inout [Int32]) {
        found.removeAll(keepingCapacity: true)
        guard !rings.isEmpty else {
            for number in 0..<count { found.append(Int32(number)) }
            return
        }
        if present >= 0 { found.append(present) }
        for ring in rings {
            var at = CandidateRings.place(of: ring.everybody[child], in: ring.positions)
            at = (at - ring.reach + count) % count
            for _ in 0..<2 * ring.reach {
                CandidateRings.insert(ring.numbers[at], into: &found)
                at = at + 1 < count ? at + 1 : 0
            }
        }
    }

    /// Puts a number into its place unless it is there; the list is short.
    @inline(__always)
    private static func insert(_ number: Int32, into found: inout [Int32]) {
        var at = found.count
        while at > 0, found[at - 1] >= number {
            if found[at - 1] == number { return }
            at -= 1
        }
        let end = found.count
        found.append(number)
        var from = end
        while from > at {
            found[from] = found[from - 1]
            from -= 1
        }
        found[at] = number
    }

    private static func place(of position: UInt64, in positions: [UInt64]) -> Int {
        var low = 0
        var high = positions.count
        while low < high {
            let middle = (low + high) / 2
            if positions[middle] < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
