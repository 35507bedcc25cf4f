/// How much work an epoch may still do: what stands for its deadline, since cores have no clock.
///
/// One unit is one look at one link, about 10 ns (measured in release, one core). Whoever has a
/// clock can have it asked now and then instead of counting. Work stops at the first look after
/// the budget is spent and every result is feasible then: planning is any-time.
public struct WorkBudget {
    /// How many units have been spent.
    public private(set) var used = 0
    /// Whether no more work may be done.
    public private(set) var isSpent = false

    private var limit: Int
    private var nextCheck: Int
    private let mustStop: (() -> Bool)?

    /// How many units are spent between two questions to the caller: about 0.1 ms.
    private static let checkInterval = 8_192

    /// A budget of a number of units.
    public init(units: Int) {
        limit = max(0, units)
        nextCheck = Int.max
        mustStop = nil
        isSpent = limit == 0
    }

    /// A budget that ends when the caller says so; it is asked about every 0.1 ms.
    public init(until mustStop: @escaping () -> Bool) {
        limit = Int.max
        nextCheck = 0
        self.mustStop = mustStop
    }

    /// A budget without an end, for comparisons and tests.
    public static var unlimited: WorkBudget { WorkBudget(units: Int.max) }

    /// Spends some units; false when work must stop.
    @inline(__always)
    mutating func spend(_ units: Int) -> Bool {
        used &+= units
        if used >= limit || used >= nextCheck { check() }
        return !isSpent
    }

    private mutating func check() {
        if used >= limit { isSpent = true }
        guard let mustStop, used >= nextCheck else { return }
        nextCheck = used + WorkBudget.checkInterval
        if mustStop() { isSpent = true }
    }
}
