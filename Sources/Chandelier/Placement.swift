/// Chandelier's plan without a deadline: for callers that plan small swarms, and for tests.
public enum Placement {
    /// The plan of `Optimiser.chandelier`.
    public static func plan(_ view: SwarmView) -> Plan {
        var budget = WorkBudget.unlimited
        return Optimiser.chandelier.plan(view, budget: &budget).plan
    }
}
