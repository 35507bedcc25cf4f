/// The seats of the source, shared out among the stripes.
enum SourceSeats {
    /// As evenly as possible, never more than a stripe has takers.
    ///
    /// Where some stripes get one seat more than others, it is those where the source has more
    /// children already, so that the shares do not wander.
    static func shares(_ roster: Roster, demands: [Int]) -> [Int] {
        let counts = Links.count(Links.plausible(roster), roster)
        var shares = [Int](repeating: 0, count: roster.stripeCount)
        var left = roster.seats[Roster.source]
        while left > 0 {
            let open = (0..<roster.stripeCount).filter { shares[$0] < demands[$0] }
            guard !open.isEmpty else { break }
            let order = open.sorted { first, second in
                let more = Int(counts[roster.slot(Roster.source, first)]) > shares[first]
                let moreSecond = Int(counts[roster.slot(Roster.source, second)]) > shares[second]
                return more == moreSecond ? first < second : more
            }
            for stripe in order.prefix(left) { shares[stripe] += 1 }
            left -= min(left, order.count)
        }
        return shares
    }
}
