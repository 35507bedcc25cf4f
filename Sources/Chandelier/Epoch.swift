/// What one epoch works out from a view before anybody is given a parent.
struct Epoch {
    /// The members.
    let roster: Roster
    /// What links are worth.
    let worth: LinkWorth
    /// What works today.
    let links: Links
    /// Who carries which stripes.
    let seats: SeatPlan
    /// The ideal tree of each stripe.
    let ideals: [RowPlan]
    /// How many links that work a plan may replace, per peer.
    let movesMax: Int

    /// How often a swarm that has no links yet is planned over.
    private static let roundsMax = 3

    /// Prepares an epoch: O(N·S·log N), whatever the budget; it is the least that a plan takes.
    private init(_ roster: Roster, movesMax: Int) {
        let demands = (0..<roster.stripeCount).map { stripe in
            (1..<roster.count).count { roster.needs($0, stripe) }
        }
        let sourceSeats = SourceSeats.shares(roster, demands: demands)
        let links = Links(roster, sourceSeats: sourceSeats)
        let seats = SeatPlan(roster, links, demands: demands, sourceSeats: sourceSeats)
        self.roster = roster
        self.links = links
        self.seats = seats
        self.movesMax = movesMax
        worth = LinkWorth(roster)
        ideals = (0..<roster.stripeCount).map { RowPlan(roster, links, seats, stripe: $0) }
    }

    /// Plans a view without regard to what links are worth.
    ///
    /// A swarm that has no links yet is planned over from its own plan until that changes nothing,
    /// so that what peers are told at first is what they are told to keep.
    ///
    /// - Returns: the epoch, with the links of today, and its trees.
    static func settled(_ view: SwarmView, _ budget: inout WorkBudget) -> (Epoch, Planting) {
        let epoch = Epoch(Roster(view), movesMax: max(0, view.movesMax))
        var planting = epoch.planted(&budget)
        guard epoch.hasNoLinks else { return (epoch, planting) }
        var latest = epoch
        for _ in 0..<roundsMax {
            guard budget.spend(epoch.roster.count * epoch.roster.stripeCount) else { break }
            latest = Epoch(epoch.roster.following(planting.forests), movesMax: .max)
            let next = latest.planted(&budget)
            if budget.isSpent || planting.moves(to: next).allSatisfy({ $0 == 0 }) { break }
            planting = next
        }
        return (epoch.withIdeals(of: latest), planting)
    }

    /// Whether nobody has a link that works: nothing is lost by planning over.
    private var hasNoLinks: Bool { links.parents.allSatisfy { $0 < 0 } }

    private func withIdeals(of other: Epoch) -> Epoch { Epoch(self, ideals: other.ideals) }

    private init(_ epoch: Epoch, ideals: [RowPlan]) {
        (roster, worth, links, seats) = (epoch.roster, epoch.worth, epoch.links, epoch.seats)
        movesMax = epoch.movesMax
        self.ideals = ideals
    }

    /// Today's trees, repaired, and improved where that pays.
    ///
    /// Moves that do not pay are not made, so that every swarm comes to rest. An improvement that
    /// the budget did not suffice for is forgotten.
    private func planted(_ budget: inout WorkBudget) -> Planting {
        let repaired = planted(.none, &budget)
        guard movesMax > 0, !repaired.isIdeal, budget.spend(repaired.forests.count * roster.count)
        else { return repaired }
        let base = TreeScore(roster, repaired.forests, ideals)
        let allowed = Planting.Moves(perPeer: movesMax)
        var best = Improvement(planted(allowed, &budget), of: repaired, base, self)
        guard !budget.isSpent else { return repaired }
        let stripes = best.score.payingStripes(over: base, moves: best.moves)
        if stripes != 0, stripes != best.movedStripes, isDisturbed(repaired) {
            let allowed = Planting.Moves(perPeer: movesMax, stripes: stripes)
            let partial = Improvement(planted(allowed, &budget), of: repaired, base, self)
            if !budget.isSpent, partial.profit > best.profit { best = partial }
        }
        return best.profit.isPositive ? best.planting : repaired
    }

    /// The share of the links that must be new for an improvement to be made in some stripes only.
    ///
    /// Between rest, where a plan makes at most .1 % of the links anew, and 2 % churn, where it is 3 to 4.6 %
    /// (measured).
    ///
    /// After 2 % churn up to half of the moves of a whole improvement bring nothing (measured, 600 peers, eight
    /// seeds: 6.3 % of the links moved in the mean and 7.5 % at most, 10 and 18 % before). At rest, however, a piece
    /// of an ideal leads away from trees that fit together: 1,000 viewers moved 60 links a second instead of 10, for
    /// ever, and played 0.2 s later (measured). So it is while a large swarm forms.
    private static let disturbedShare = 0.01

    private func isDisturbed(_ repaired: Planting) -> Bool {
        guard roster.isFormed || roster.count <= RowPlan.smallMax else { return false }
        let fresh = repaired.forests.reduce(0) { sum, forest in
            sum
                + (1..<roster.count).count {
                    let parent = forest.parents[$0]
                    return parent >= 0 && parent != links.parents[roster.slot($0, forest.stripe)]
                }
        }
        return Double(fresh) > Epoch.disturbedShare * Double(roster.count * roster.stripeCount)
    }

    private func planted(_ moves: Planting.Moves, _ budget: inout WorkBudget) -> Planting {
        Planting(roster, links, ideals, seats, moves, &budget)
    }

    /// Trees as a plan, with backups.
    func plan(_ planting: Planting) -> Plan {
        let positions = Backups.positions(roster)
        var assignments = [[Plan.Assignment]](repeating: [], count: roster.count)
        for peer in assignments.indices {
            assignments[peer].reserveCapacity(roster.needs[peer].nonzeroBitCount)
        }
        for forest in planting.forests {
            let backups = Backups(
                roster,
                forest,
                seatsFree: planting.seatsFree,
                positions: positions
            )
            for peer in 1..<max(1, roster.count) where roster.needs(peer, forest.stripe) {
                let parent = forest.parents[peer]
                let assignment = Plan.Assignment(
                    stripe: forest.stripe,
                    parent: parent < 0 ? nil : roster.ids[Int(parent)],
                    backups: backups.choose(for: peer)
                )
                assignments[peer].append(assignment)
            }
        }
        var plan = Plan()
        plan.parents.reserveCapacity(roster.count)
        for peer in 1..<max(1, roster.count) { plan.parents[roster.ids[peer]] = assignments[peer] }
        return plan
    }
}
