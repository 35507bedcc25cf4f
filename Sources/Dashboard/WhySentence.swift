public import Telemetry

/// One plain sentence on the state of things, chosen by rule: it names the side, the cause, the cure.
public enum WhySentence {
    /// The sentence for a snapshot.
    public static func text(for snapshot: SwarmSnapshot) -> String {
        verdict(for: snapshot).text
    }

    /// A sentence and how much it matters.
    struct Verdict: Equatable {
        /// `info` when all is well.
        let severity: Severity
        /// The sentence.
        let text: String
    }

    /// The first rule that applies: no stream before this side, this side before the swarm, what a
    /// viewer sees before what costs only head-room.
    static func verdict(for snapshot: SwarmSnapshot?) -> Verdict {
        guard let snapshot else {
            return Verdict(severity: .warning, text: "waiting for the first report of the swarm")
        }
        let rules = WhyRules(snapshot)
        let order = [
            rules.silence, rules.ownLoss, rules.ownUplink, rules.ownParents, rules.ownLate,
            rules.shortage, rules.worstViewer, rules.laggard, rules.loadedSource, rules.limit,
            rules.relayed,
        ]
        for rule in order {
            if let verdict = rule() { return verdict }
        }
        return rules.health()
    }

    /// The style of a sentence.
    static func style(_ verdict: Verdict) -> Style {
        switch verdict.severity {
        case .info: .plain
        case .warning, .error: .strong
        }
    }
}
