/// An invariant of SECURITY section 6 that did not hold.
public struct Violation: Codable, Sendable, Equatable {
    /// The number of the invariant.
    public var invariant: Int
    /// Virtual seconds since the start of the run.
    public var t: Double
    /// The machine where it was seen; nil for the swarm as a whole.
    public var machine: String?
    /// What was seen.
    public var text: String

    /// A violation before it is known where and when it was seen.
    struct Finding {
        var invariant: Int
        var text: String

        init(_ invariant: Int, _ text: String) {
            self.invariant = invariant
            self.text = text
        }
    }
}
