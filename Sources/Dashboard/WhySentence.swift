public import Telemetry

/// One plain sentence on the state of things, chosen by rule: it names the side, the cause, the cure.
public enum WhySentence {
    /// The sentence for a snapshot without its past.
    public static func text(for snapshot: SwarmSnapshot) -> String {
        verdict(for: Scene(snapshot)).text
    }

    /// The sentence for a scene.
    public static func text(for scene: Scene) -> String { verdict(for: scene).text }

    /// What a sentence is about: one rule for each cause.
    enum Rule: String, CaseIterable {
        /// Nothing is wrong, as far as is known.
        case healthy
        /// Nothing has come yet, or the one that is watched went away.
        case waiting, lost
        /// No media comes.
        case noInput, notStarted, isolated, sourceSilent
        /// Media comes, but is not played yet.
        case starting
        /// Media comes again.
        case recovered
        /// The own side.
        case ownMachine, ownLoss, ownDelay, ownDownload, ownUplink, ownParents, ownLate, ownBuffer
        /// The source.
        case sourceSag, loadedSource
        /// Other viewers.
        case worstViewer, laggard, exodus
        /// The swarm and what serves it.
        case violation, shortage, trackers, limit, relayed
    }

    /// A sentence and how much it matters.
    struct Verdict: Equatable {
        /// Which rule found it.
        let rule: Rule
        /// `info` when all is well.
        let severity: Severity
        /// The sentence.
        let text: String
    }

    /// The first rule that applies.
    static func verdict(for scene: Scene) -> Verdict {
        let rules = WhyRules(scene)
        for rule in order(rules) {
            if let verdict = rule() { return verdict }
        }
        return rules.health()
    }

    /// The rules in the order of their weight.
    ///
    /// No stream before this side, this side before the swarm, what a viewer sees before what costs only
    /// head-room. A full line loses datagrams: it is told before loss; a computer
    /// without time for Candela shows every fault there is: it is told before them.
    private static func order(_ rules: WhyRules) -> [() -> Verdict?] {
        [
            rules.lost, rules.waiting, rules.silence, rules.ownMachine, rules.ownDownload,
            rules.ownUplink,
            rules.ownLoss, rules.recovered, rules.ownDelay, rules.ownParents, rules.ownLate,
            rules.sourceSag,
            rules.violation, rules.shortage, rules.worstViewer, rules.exodus, rules.trackers,
            rules.laggard, rules.loadedSource, rules.ownBuffer, rules.limit, rules.relayed,
            rules.starting,
        ]
    }

    /// All that applies, the first of it in the header: what hides behind a greater fault is told too.
    static func findings(for scene: Scene) -> [Verdict] {
        let rules = WhyRules(scene)
        let all = order(rules).compactMap { $0() }
        return all.isEmpty ? [rules.health()] : all
    }

    /// The style of a sentence.
    static func style(_ verdict: Verdict) -> Style {
        switch verdict.severity {
        case .info: .plain
        case .warning, .error: .strong
        }
    }
}
