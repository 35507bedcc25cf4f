import Telemetry

/// Makes a story of events: what repeats is told once.
///
/// Rescues are daily bread, and a peer that loses a neighbour tells it of every stripe; told one by one
/// they would push out of sight what matters.
enum EventDigest {
    /// As many rescues in a row are told as one.
    private static let rescuesMin = 3
    /// Changes of parents so close together have one cause, in seconds.
    private static let parentsGap = 3.0
    /// As are children that are given away.
    private static let handOverGap = 30.0
    /// So many that fall silent so close together, in seconds, have one cause, and it is not they.
    private static let silentMin = 3
    private static let silentGap = 2.0

    /// The events with runs of like ones folded; `hint` is where a screen shows more of them.
    static func folded(
        _ events: some Collection<EventRow>,
        hint: String = " (r shows each)"
    ) -> [EventRow] {
        var told: [EventRow] = []
        var run: [EventRow] = []
        for event in events {
            if let last = run.last, !isLike(event, last) {
                told += summary(run, hint)
                run = []
            }
            run.append(event)
        }
        return told + summary(run, hint)
    }

    private static func isLike(_ event: EventRow, _ last: EventRow) -> Bool {
        if isSilent(event), isSilent(last) { return abs(event.t - last.t) <= silentGap }
        guard event.kind == last.kind, event.severity == .info, last.severity == .info else {
            return false
        }
        switch event.kind {
        case .rescue: return true
        case .parent:
            if isHandOver(event), isHandOver(last) { return abs(event.t - last.t) <= handOverGap }
            return abs(event.t - last.t) <= parentsGap && ending(event.text) == ending(last.text)
        case .joined, .left, .lost, .stall, .stream, .path, .violation, .tracker: return false
        }
    }

    /// Whether a full uplink gave a child away.
    private static func isHandOver(_ event: EventRow) -> Bool {
        event.text.hasPrefix("the uplink is full: ")
    }

    /// Whether a neighbour fell silent.
    private static func isSilent(_ event: EventRow) -> Bool {
        event.kind == .left && event.text.hasSuffix(" is gone: it fell silent")
    }

    /// Those who fell silent together.
    private static func silence(_ run: [EventRow]) -> [EventRow] {
        guard run.count >= silentMin, var last = run.last else { return run }
        let peers = run.count { !$0.text.hasPrefix("the source ") }
        let who = peers < run.count ? "the source and \(peers) peers" : "\(peers) peers"
        last.text = "\(who) fell silent at once"
        last.severity = run.contains { $0.severity != .info } ? .warning : .info
        last.peer = nil
        return [last]
    }

    /// What a change of parents says beside the stripe and the time that it took.
    private static func ending(_ text: String) -> Substring {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, words[0] == "stripe" else { return text[...] }
        return words[2].prefix { $0 != "," }
    }

    private static func summary(_ run: [EventRow], _ hint: String) -> [EventRow] {
        guard let first = run.first, var last = run.last, run.count > 1 else {
            return run.map(readable)
        }
        if isSilent(last) { return silence(run) }
        if last.kind == .rescue {
            guard run.count >= rescuesMin else { return run }
            let span = Figures.duration(max(0, last.t - first.t))
            last.text =
                "\(run.count) chunks were missing within \(span) and came in time\(hint)"
            last.peer = nil
            return [last]
        }
        if isHandOver(last) {
            last.text =
                "the uplink is full: \(run.count) times a peer has to find another parent for a stripe"
            last.peer = nil
            return [last]
        }
        let rest = ending(last.text)
        guard rest.startIndex != last.text.startIndex else { return run }
        let worst = run.compactMap { gap($0.text) }.max()
        last.text = "\(run.count) stripes \(plural(rest))"
        if let worst { last.text += ", at most \(span(worst)) without a parent" }
        return [last]
    }

    /// A change of parents that took long, in seconds.
    private static func readable(_ event: EventRow) -> EventRow {
        guard event.kind == .parent, let worst = gap(event.text), worst >= 5_000,
            event.text.hasSuffix(" ms without a parent"),
            let comma = event.text.lastIndex(of: ",")
        else { return event }
        var told = event
        told.text = "\(event.text[..<comma]), \(span(worst)) without a parent"
        return told
    }

    private static func span(_ milliseconds: Int) -> String {
        milliseconds < 5_000 ? "\(milliseconds) ms" : "\(milliseconds / 1_000) s"
    }

    /// `now comes from` of many.
    private static func plural(_ text: Substring) -> String {
        let comes = "now comes "
        return text.hasPrefix(comes) ? "now come " + text.dropFirst(comes.count) : String(text)
    }

    /// The milliseconds that a change of parents took, where it tells them.
    private static func gap(_ text: String) -> Int? {
        let parts = text.split(separator: ",")
        guard parts.count == 2 else { return nil }
        return parts[1].split(separator: " ").first.flatMap { Int($0) }
    }
}
