/// What a plan is worth and what it costs to follow, in numbers.
public struct PlanFigures: Sendable, Equatable {
    /// How many links the plan has: pairs of a peer and a stripe that have a parent.
    public private(set) var links = 0
    /// How many pairs of a peer and a stripe have no parent.
    public private(set) var unfed = 0
    /// What the links are worth, from 0 to 1,000 each, summed.
    public private(set) var worth = 0
    /// The hops from the source over all links, summed.
    public private(set) var hops = 0
    /// The most hops from the source.
    public private(set) var depthMax = 0
    /// How many links that work today are replaced.
    public private(set) var moves = 0
    /// How many links take the place of none, or of one that no longer works.
    public private(set) var repairs = 0
    /// How much work was done, in units of `WorkBudget`.
    public private(set) var work = 0
    /// Whether the work was done; false when the budget ended it.
    public private(set) var isComplete: Bool

    /// What share of all links is new: what following the plan costs.
    public var movedShare: Double {
        links > 0 ? Double(moves + repairs) / Double(links) : 0
    }

    /// Measures planted trees.
    init(_ epoch: Epoch, _ planting: Planting, _ budget: WorkBudget) {
        isComplete = !budget.isSpent
        work = budget.used
        for forest in planting.forests {
            for peer in 1..<max(1, epoch.roster.count)
            where epoch.roster.needs(peer, forest.stripe) {
                let parent = forest.parents[peer]
                guard parent >= 0, forest.isConnected(peer) else {
                    unfed += 1
                    continue
                }
                links += 1
                worth += Int(epoch.worth(peer, under: Int(parent)))
                hops += Int(forest.depths[peer])
                depthMax = max(depthMax, Int(forest.depths[peer]))
                let today = epoch.links.parents[epoch.roster.slot(peer, forest.stripe)]
                if today < 0 { repairs += 1 } else if today != parent { moves += 1 }
            }
        }
    }
}
