/// How many of their seats a plan may use, so that what the swarm has to spare is spread over all members.
///
/// A plan that fills some uplinks to the brim leaves others idle, and an uplink in full use has a queue:
/// what waits in it comes late or is asked for elsewhere, and so fills the next one (measured with 60
/// viewers whose uplinks carry 1.25 times the need: 0.8 s behind in place of 0.3 s).
enum SeatSpread {
    /// A plan needs some room beside the need, for backups and pairs that cannot meet.
    private static let room = 1.05
    /// With less than this share of the seats in use a queue is short anyway.
    private static let shareMin = 0.75

    /// The seats to use of each, in the order given, for a plan that needs `demand` of them together; those
    /// who are not `bounded` keep all of theirs.
    ///
    /// Where a share is no whole seat those get one more who have it in use, `taken` tells of each, so that
    /// plans agree (measured with 1,000 viewers of 9 seats: with the first in line instead, a hundred links
    /// a second lost their seats to others whenever a single uplink was measured anew).
    static func seats(_ seats: [Int], taken: [Int], bounded: [Bool], demand: Int) -> [Int] {
        let total = seats.reduce(0, +)
        guard total > 0, demand > 0 else { return seats }
        let needed = room * Double(demand) / Double(total)
        let share = min(1, max(shareMin, needed))
        var used = zip(seats, bounded).map { count, isBounded in
            isBounded ? min(count, max(1, Int(Double(count) * share))) : count
        }
        // What rounding took away goes back, else to those who feel one seat more the least.
        var missing = Int((Double(total) * share).rounded(.up)) - used.reduce(0, +)
        let order = seats.indices.filter { used[$0] < seats[$0] }
            .map { (taken[$0] > used[$0] ? 0 : 1, -seats[$0], $0) }.sorted(by: <)
        for (_, _, at) in order where missing > 0 {
            used[at] += 1
            missing -= 1
        }
        return used
    }
}
