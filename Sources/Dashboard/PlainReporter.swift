public import Telemetry

/// The dashboard without a terminal: sentences, one line each, no escapes.
public struct PlainReporter: Sendable {
    private var timeLast = -Double.infinity
    private var seen: [EventRow] = []
    private var lostTold: Double?
    private var history = History(span: WhyRules.usual + WhyRules.recent)
    private let figures = Figures(glyphs: .ascii)

    /// More new events than this in one report are only counted.
    private static let eventsMax = 20

    /// How often a loss is told again, in seconds.
    private static let lostEvery = 60.0

    /// A reporter that has not reported yet.
    public init() {}

    /// What happened since the last call, then one sentence on how things stand.
    ///
    /// The sentence looks back on the snapshots of earlier calls.
    public mutating func lines(for snapshot: SwarmSnapshot) -> [String] {
        var scene = Scene(snapshot)
        if let time = snapshot.madeAt {
            history.append(snapshot, at: time)
            scene = Scene(history)
        }
        let new = EventDigest.folded(fresh(snapshot.events), hint: "")
        var lines: [String] = []
        if new.count > PlainReporter.eventsMax {
            lines.append("(\(new.count - PlainReporter.eventsMax) earlier events left out)")
        }
        lines += new.suffix(PlainReporter.eventsMax).map { event in
            let word = EventsView.word(event.severity)
            return "\(word) \(event.kind.rawValue): \(event.text)"
        }
        lines.append(status(snapshot, WhySentence.text(for: scene)))
        return lines.map(TextWidth.printable)
    }

    /// Tells a recording from its beginning to its end, a moment in so many seconds.
    public static func tell(
        _ recording: Recording,
        every seconds: Double,
        _ say: (String) throws -> Void
    ) rethrows {
        var reporter = PlainReporter()
        var due = -Double.infinity
        for entry in recording.history.entries where entry.time >= due {
            due = entry.time + seconds
            for line in reporter.lines(for: entry.snapshot) { try say(line) }
        }
        if recording.isCutShort { try say("(the recording was cut short while it was written)") }
    }

    /// What to say while the one that is watched does not answer: once at first, then every so often.
    ///
    /// `seconds` is how long it has been silent; nil when it answers again, which is said as well.
    public mutating func lines(lostFor seconds: Double?) -> [String] {
        guard let seconds, seconds.isFinite else {
            defer { lostTold = nil }
            return lostTold == nil ? [] : ["[back] the node that is watched answers again"]
        }
        if let told = lostTold, seconds - told < PlainReporter.lostEvery { return [] }
        lostTold = seconds
        return [
            "[lost] the node that is watched has not answered for \(figures.ago(max(2, seconds))); "
                + "trying again until it does"
        ]
    }

    /// The events later than the last one reported; of the same instant, those not reported yet.
    private mutating func fresh(_ events: [EventRow]) -> [EventRow] {
        let new = events.filter { $0.t > timeLast || ($0.t == timeLast && !seen.contains($0)) }
        guard let newest = new.map(\.t).max() else { return [] }
        seen = newest == timeLast ? seen : []
        seen += new.filter { $0.t == newest }
        timeLast = newest
        return new
    }

    private func status(_ snapshot: SwarmSnapshot, _ why: String) -> String {
        let vantage = Vantage(snapshot)
        var parts: [String] = []
        if let bitrate = snapshot.bitrateBps { parts.append(figures.rateInWords(bitrate)) }
        parts.append("\(snapshot.viewers) \(snapshot.viewers == 1 ? "viewer" : "viewers")")
        parts.append("\(figures.seconds(vantage.behind)) behind the source")
        let word = Level.word(buffer: vantage.buffer).map { " (\($0))" } ?? ""
        parts.append("buffer \(figures.seconds(vantage.buffer))\(word)")
        parts.append(vantage.rescued == 0 ? "nothing rescued" : "\(vantage.rescued) rescued")
        if let load = snapshot.sourceLoad { parts.append("source load \(figures.factor(load))") }
        let state = snapshot.live ? "LIVE" : "OFFLINE"
        let name = snapshot.name.isEmpty ? "" : " \(snapshot.name)"
        let time = Figures.duration(snapshot.uptimeS)
        return "[\(time)] \(state)\(name): \(parts.joined(separator: ", ")); \(why)"
    }
}
