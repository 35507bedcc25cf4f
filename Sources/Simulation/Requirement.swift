public import Telemetry

/// A bound on a measure of the report that a scenario expects to be kept.
public struct Requirement: Sendable, Equatable {
    /// How the measure relates to the bound.
    public enum Relation: String, Sendable, CaseIterable {
        /// Less.
        case less = "<"
        /// At most.
        case atMost = "<="
        /// More.
        case more = ">"
        /// At least.
        case atLeast = ">="
        /// Just so.
        case equal = "=="
    }

    /// The measure, as `Measures` names it.
    public var measure: String
    /// How it relates to the bound.
    public var relation: Relation
    /// The bound, in the measure's unit.
    public var bound: Double

    /// What came of an expectation.
    public struct Outcome: Codable, Sendable, Equatable {
        /// The expectation, as the scenario says it.
        public var text: String
        /// What the measure was; nil when unknown.
        @OrNull public var value: Double?
        /// Whether it was kept; what is unknown was not.
        public var isMet: Bool

        enum CodingKeys: String, CodingKey {
            case text, value
            case isMet = "met"
        }
    }

    /// Whether a report keeps it.
    public func judge(_ report: SimulationReport) -> Outcome {
        let value = Measures.table[measure].flatMap { $0(report) }
        return Outcome(text: text, value: value, isMet: value.map(holds) ?? false)
    }

    /// As a scenario says it.
    public var text: String { "\(measure) \(relation.rawValue) \(bound)" }

    private func holds(_ value: Double) -> Bool {
        switch relation {
        case .less: value < bound
        case .atMost: value <= bound
        case .more: value > bound
        case .atLeast: value >= bound
        case .equal: value == bound
        }
    }
}

/// The measures of a report that a scenario may put bounds on, by name.
///
/// Shares are 0…1, times are milliseconds.
enum Measures {
    typealias Read = @Sendable (SimulationReport) -> Double?

    static let table: [String: Read] = [
        "continuity.mean": { $0.continuity.mean },
        "continuity.p1": { $0.continuity.p1 },
        "continuity.worst": { $0.continuity.worst },
        "continuity-all.mean": { $0.continuityAll.mean },
        "continuity-all.p1": { $0.continuityAll.p1 },
        "steady.mean": { $0.continuitySteady.mean },
        "steady.p1": { $0.continuitySteady.p1 },
        "steady.worst": { $0.continuitySteady.worst },
        "steady-lag.p50": { $0.lagSteadyMs.p50 },
        "steady-lag.p95": { $0.lagSteadyMs.p95 },
        "picture.mean": { $0.pictureContinuity.mean },
        "picture.p1": { $0.pictureContinuity.p1 },
        "picture.worst": { $0.pictureContinuity.worst },
        "lag.p50": { $0.lagMs.p50 },
        "lag.p95": { $0.lagMs.p95 },
        "lag.p99": { $0.lagMs.p99 },
        "lag.worst": { $0.lagMs.worst },
        "startup.p50": { $0.startupMs.p50 },
        "startup.p95": { $0.startupMs.p95 },
        "startup.worst": { $0.startupMs.worst },
        "recovery.p50": { $0.recoveryMs.p50 },
        "recovery.p95": { $0.recoveryMs.p95 },
        "recovery.worst": { $0.recoveryMs.worst },
        "gap.worst": { $0.gapMs },
        "source-load": { $0.sourceLoad },
        "source-wire-load": { $0.sourceWireLoad },
        "p2p-share": { $0.p2pShare },
        "far-share": { $0.farShare },
        "overhead": { $0.overhead },
        "duplicates": { $0.duplicates },
        "stall-ratio": { $0.stallRatio },
        "stalls": { Double($0.stalls) },
        "rescued": { Double($0.rescued) },
        "rate-of-bound": { $0.rateOfBound },
        "depth.mean": { $0.depthMean },
        "depth.max": { $0.depthMax.map(Double.init) },
        "given-up": { Double($0.givenUp) },
        "relayed": { $0.relayedBytes.map(Double.init) },
        "viewers": { Double($0.viewers) },
        "stayed": { Double($0.rows.count) },
        "playing": { report in Double(report.rows.count { $0.startupMs != nil }) },
    ]
}
