import Basics

/// What a link is worth, from 0 to 1,000: bandwidth, delay, locality, stability, ease of connecting.
///
/// These are the terms that the group's publications name for the benefit matrix of its assignment
/// problem (bandwidth, delay, connectivity); locality and stability are added. No weights were
/// published: these are choices of this reconstruction. How far a parent is from the source is no
/// term, since all parents of a row are as far.
struct LinkWorth {
    /// Round-trip time: `delayMost` for none, 0 from `delaySpan` on.
    private static let delayMost: Float = 350
    /// In milliseconds: beyond this one parent is as bad as another (half round the earth).
    private static let delaySpan: Float = 300
    /// What counts as round-trip time where nothing is known: two hops of `FanOut`'s delay.
    private static let delayUnknown: Float = 60
    /// For the same network (/24 of IPv4, /56 of IPv6), and for its neighbourhood (/16, /32).
    private static let networkMost: Int32 = 150
    private static let regionMost: Int32 = 75
    /// For the upload of the parent, by powers of two up to 256 seats.
    private static let speedMost = 150
    private static let speedClasses = 8
    /// For how long the parent has been here: who stayed long stays longer (Stutzbach and Rejaie,
    /// IMC 2006).
    ///
    /// By powers of two of minutes up to about an hour.
    private static let staySteadyMost = 150
    private static let stayClasses = 6
    /// For how easily the pair connects.
    private static let gradeMost = 100
    /// For leaving parents that all can reach to children that few can feed.
    private static let reserveMost = 100

    /// What counts of one peer, all in one place: rows look at millions of pairs.
    struct Party {
        /// Which peer it is.
        let peer: Int
        fileprivate let prefix: UInt64
        fileprivate let region: UInt64
        fileprivate let coordinate: Coordinate?
        /// Speed and stability.
        fileprivate let merit: Int32
        fileprivate let reach: UInt8
    }

    /// The members.
    let parties: [Party]
    private let roundTrips: SparsePairs
    /// Grade and reserve, by the classes of both.
    private let connecting: [Int32]
    private let classCount: Int
    private let knowsDelays: Bool

    /// The most that a link can be worth.
    static let most: Int32 = 1_000

    /// Works out what depends on one peer or one class only.
    init(_ roster: Roster) {
        parties = (0..<roster.count).map { peer in
            Party(
                peer: peer,
                prefix: roster.prefixes[peer],
                region: LinkWorth.region(of: roster.prefixes[peer]),
                coordinate: roster.coordinates[peer],
                merit: LinkWorth.merit(roster, peer),
                reach: roster.reach[peer]
            )
        }
        roundTrips = roster.roundTrips
        classCount = roster.reachability.classCount
        knowsDelays = roster.hasCoordinates || !roster.roundTrips.isEmpty
        connecting = LinkWorth.connecting(roster)
    }

    /// What it is worth that one peer is fed by another.
    func callAsFunction(_ child: Int, under parent: Int) -> Int32 {
        self(parties[child], under: parties[parent])
    }

    /// The same for two members of `parties`.
    @inline(__always)
    func callAsFunction(_ child: Party, under parent: Party) -> Int32 {
        var worth = parent.merit + connecting[Int(child.reach) * classCount + Int(parent.reach)]
        if child.prefix == parent.prefix {
            worth += LinkWorth.networkMost
        } else if child.region == parent.region {
            worth += LinkWorth.regionMost
        }
        let delay = knowsDelays ? delay(child, parent) : LinkWorth.delayUnknown
        let nearness = max(0, 1 - delay / LinkWorth.delaySpan)
        return worth + Int32(LinkWorth.delayMost * nearness)
    }

    /// The round-trip time in milliseconds: measured, or by coordinates, or a guess.
    @inline(__always)
    private func delay(_ child: Party, _ parent: Party) -> Float {
        if !roundTrips.isEmpty {
            if let span = roundTrips.value(child.peer, parent.peer) { return span }
            if let span = roundTrips.value(parent.peer, child.peer) { return span }
        }
        guard let own = child.coordinate, let other = parent.coordinate else {
            return LinkWorth.delayUnknown
        }
        return own.distance(to: other)
    }

    /// The wider network: /16 of the /24 of IPv4, /32 of the /56 of IPv6, as `Endpoint.prefix` has
    /// them.
    static func region(of prefix: UInt64) -> UInt64 {
        prefix >> 63 == 0 ? prefix >> 8 : prefix >> 32
    }

    private static func merit(_ roster: Roster, _ peer: Int) -> Int32 {
        let seats = roster.seats[peer] + 1
        let speed = min(speedClasses, Int.bitWidth - 1 - seats.leadingZeroBitCount)
        let minutes = max(0, roster.uptimes[peer].nanoseconds / 60_000_000_000) + 1
        let stay = min(stayClasses, Int64.bitWidth - 1 - minutes.leadingZeroBitCount)
        return Int32(speed * speedMost / speedClasses + stay * staySteadyMost / stayClasses)
    }

    private static func connecting(_ roster: Roster) -> [Int32] {
        let count = roster.reachability.classCount
        var table = [Int32](repeating: 0, count: count * count)
        for child in 0..<count {
            for parent in 0..<count {
                let grade = Int(roster.reachability.grade(child, parent).rawValue)
                let openness = roster.openness[child] * roster.openness[parent]
                table[child * count + parent] = Int32(
                    grade * gradeMost / 3 + Int((1 - openness) * Double(reserveMost))
                )
            }
        }
        return table
    }
}

/// Some values of pairs of peers, by the first of each pair.
struct SparsePairs {
    private let starts: [Int32]
    private let peers: [Int32]
    private let values: [Float]

    var isEmpty: Bool { peers.isEmpty }

    init(_ rows: [[(peer: Int32, value: Float)]]) {
        var starts: [Int32] = [0]
        starts.reserveCapacity(rows.count + 1)
        var count: Int32 = 0
        for row in rows {
            count += Int32(row.count)
            starts.append(count)
        }
        self.starts = starts
        peers = rows.flatMap { $0.map(\.peer) }
        values = rows.flatMap { $0.map(\.value) }
    }

    /// The value of a pair; rows are short.
    func value(_ first: Int, _ second: Int) -> Float? {
        for at in Int(starts[first])..<Int(starts[first + 1]) where peers[at] == Int32(second) {
            return values[at]
        }
        return nil
    }

    /// Whether there is a value of a pair.
    @inline(__always)
    func contains(_ first: Int, _ second: Int) -> Bool {
        starts[first] != starts[first + 1] && value(first, second) != nil
    }
}
