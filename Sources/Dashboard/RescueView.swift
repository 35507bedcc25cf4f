import Telemetry

/// What became of chunks that push did not bring: noticed, asked whom, came when, with how much to spare.
struct RescueView {
    private let snapshot: SwarmSnapshot
    private let state: ViewState
    private let width, height: Int
    private var figures: Figures { Figures(glyphs: state.glyphsInUse) }
    private var glyphs: GlyphSet { state.glyphsInUse }

    /// No more rescues than this are kept on screen.
    private static let tracesMax = 200
    /// No more requests than this are drawn of one rescue.
    private static let asksMax = 12
    private static let barMax = 100
    /// Below this width a rescue is told in few words, without clock and bar.
    private static let clockWidth = 30

    /// Prepares the rescues for a pane of a size.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState, width: Int, height: Int) {
        self.snapshot = snapshot
        self.state = state
        self.width = width
        self.height = height
    }

    /// The content of the pane: a sentence and a bar for each rescue, the newest last.
    func content() -> PaneContent {
        guard let traces = snapshot.rescueTraces else { return fromEvents() }
        guard !traces.isEmpty else {
            return PaneContent([Line("nothing had to be rescued yet", .dim)])
        }
        let shown = Array(traces.suffix(RescueView.tracesMax))
        var content = PaneContent(
            shown.flatMap(rows)
        )
        content.anchor = .bottom
        content.note = "o noticed  ? asked  * came  | deadline"
        return content
    }

    /// Where nobody traces rescues, what the events tell of them.
    private func fromEvents() -> PaneContent {
        let events = snapshot.events.filter { $0.kind == .rescue || $0.kind == .lost }
        guard !events.isEmpty else {
            return PaneContent([Line(untraced, .dim)])
        }
        var told = snapshot
        told.events = events
        return EventsView(told, state).content(width: width, height: height)
    }

    /// What is known without traces or events: the source counts what viewers report.
    private var untraced: String {
        let count = snapshot.peers.reduce(0) { $0 &+ ($1.rescued ?? 0) }
        return count == 0
            ? "nothing had to be rescued, as far as is known"
            : "viewers had \(count) chunks rescued; their own screens tell which"
    }

    private var isNarrow: Bool { width < RescueView.clockWidth }

    private var headWidth: Int { isNarrow ? 2 : 11 }

    private func rows(of trace: RescueTraceRow) -> [Line] {
        let text = isNarrow ? summary(trace) : sentence(trace)
        let lines = Line.wrapped(text, width: max(8, width - headWidth), style: .plain)
            .enumerated().map { row, line in whole(trace, row, line) }
        return isNarrow ? lines : lines + [bar(trace)]
    }

    /// A rescue in few words.
    private func summary(_ trace: RescueTraceRow) -> String {
        let outcome =
            switch trace.outcome {
            case .waiting: "asked for"
            case .came: "came"
            case .decoded: "computed"
            case .late: "late"
            case .lost: "lost"
            }
        let text = "\(trace.block).\(trace.index) \(outcome)"
        guard let margin = trace.marginMs, margin >= 0 else { return text }
        return "\(text), \(milliseconds(margin)) ms to spare"
    }

    /// A rescue in words.
    func sentence(_ trace: RescueTraceRow) -> String {
        var text = "chunk \(trace.block).\(trace.index) missing"
        if let deadline = trace.deadlineMs {
            text += " at deadline \(figures.minus)\(milliseconds(deadline)) ms"
        }
        if !trace.asks.isEmpty {
            let asked = trace.asks.prefix(RescueView.asksMax).map { ask in
                ask.role == "source" ? "source" : "\(ask.role) \(ask.peer.prefix(4))"
            }
            text += ", asked " + asked.joined(separator: ", then ")
        }
        let came = trace.arrivedMs.map { " in \(milliseconds($0)) ms" } ?? ""
        switch trace.outcome {
        case .waiting: text += ", has not come yet"
        case .came: text += ", came\(came)"
        case .decoded: text += ", was computed from others\(came)"
        case .late: text += ", came too late\(came)"
        case .lost: text += ", was lost"
        }
        guard let margin = trace.marginMs else { return text }
        let spare = milliseconds(abs(margin))
        return text + (margin >= 0 ? ", \(spare) ms to spare" : ", \(spare) ms too late")
    }

    private func whole(_ trace: RescueTraceRow, _ row: Int, _ text: Line) -> Line {
        var line = Line()
        if row == 0 {
            if !isNarrow {
                line.add(Figures.clock(trace.t, offset: state.utcOffset) + " ", .dim)
            }
            let (mark, style) = HeaderView.mark(severity(trace), figures.glyphs)
            line.add(mark + " ", style)
        }
        line.fill(to: headWidth)
        line.add(text)
        return line
    }

    private func severity(_ trace: RescueTraceRow) -> Severity {
        switch trace.outcome {
        case .came, .decoded: .info
        case .waiting: .warning
        case .late, .lost: .error
        }
    }

    /// What happened to a chunk at a time after it was noticed missing.
    private struct Mark {
        let at: Double
        let sign: String
        let style: Style
    }

    /// From noticing to the deadline or the coming, whichever is later, drawn to scale, but each mark in
    /// a column of its own: way and waiting are drawn as dashes, the time to spare as dots.
    private func bar(_ trace: RescueTraceRow) -> Line {
        let room = min(max(0, width - 12), RescueView.barMax)
        let marks = marks(trace)
        let end = marks.map(\.at).max() ?? 0
        guard room >= marks.count + 4, end > 0 else { return Line() }
        var cells = [(String, Style)](repeating: (" ", .plain), count: room)
        var columns: [Int] = []
        for (number, mark) in marks.enumerated() {
            let scaled = Int((mark.at / end * Double(room - 1)).rounded())
            let least = (columns.last ?? -1) + 1
            columns.append(min(max(scaled, least), room - marks.count + number))
        }
        let came = marks.lastIndex { $0.sign == "*" }.map { columns[$0] }
        let last = columns.last ?? 0
        for at in 0..<last {
            let isSpare = came.map { at > $0 } ?? false
            cells[at] = isSpare ? (glyphs.dot == "-" ? "." : glyphs.dot, .dim) : ("-", .border)
        }
        for (mark, at) in zip(marks, columns) { cells[at] = (mark.sign, mark.style) }
        var line = Line()
        line.fill(to: 11)
        for (text, style) in cells { line.add(text, style) }
        return line
    }

    /// The marks of a rescue in their order in time.
    private func marks(_ trace: RescueTraceRow) -> [Mark] {
        var marks = [Mark(at: 0, sign: "o", style: .strong)]
        for ask in trace.asks.prefix(RescueView.asksMax) {
            marks.append(Mark(at: ask.afterMs, sign: "?", style: .name))
        }
        let isGood = severity(trace) == .info
        if let arrived = trace.arrivedMs {
            marks.append(Mark(at: arrived, sign: "*", style: isGood ? .good : .bad))
        }
        if let deadline = trace.deadlineMs {
            let sign = trace.outcome == .lost ? "x" : "|"
            marks.append(Mark(at: deadline, sign: sign, style: isGood ? .focus : .bad))
        }
        let known = marks.filter { $0.at.isFinite && $0.at >= 0 }
        return known.enumerated()
            .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private func milliseconds(_ value: Double) -> String {
        value.isFinite ? Figures.fixed(min(abs(value), 999_999), 0) : figures.glyphs.unknown
    }
}
