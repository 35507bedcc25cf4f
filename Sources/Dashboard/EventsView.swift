import Telemetry

/// What happened, the newest last, so that it reads as a story.
struct EventsView {
    private let events: [EventRow]
    private let state: ViewState

    /// No more events than this are kept on screen.
    private static let eventsMax = 500
    /// No event is broken into more rows than this, nor into more than the pane has: of the newest, the
    /// beginning is seen.
    private static let rowsMax = 4
    /// From this width there is room for the kind of event.
    private static let kindWidth = 70
    /// From this width there is room for the severity's word beside its mark, and from this for the clock.
    private static let wordWidth = 50
    private static let clockWidth = 30

    /// Takes the latest events of a snapshot.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState) {
        events = EventDigest.folded(snapshot.events.suffix(EventsView.eventsMax))
        self.state = state
    }

    /// The word for a severity, of four letters.
    static func word(_ severity: Severity) -> String {
        switch severity {
        case .info: "info"
        case .warning: "WARN"
        case .error: "FAIL"
        }
    }

    /// The content for a pane of a size.
    ///
    /// Rows are counted for all events, and made for those that are seen.
    func content(width: Int, height: Int) -> PaneContent {
        let most = min(EventsView.rowsMax, max(1, height))
        guard !events.isEmpty else { return PaneContent([Line("nothing happened yet", .dim)]) }
        var ends: [Int] = []
        for event in events { ends.append((ends.last ?? 0) + rowCount(event, width, most)) }
        var content = PaneContent(count: ends.last ?? 0) { row in
            guard let place = ends.firstIndex(where: { $0 > row }) else { return Line() }
            let rows = rows(events[place], width, most)
            let offset = row - (place > 0 ? ends[place - 1] : 0)
            return rows.indices.contains(offset) ? rows[offset] : Line()
        }
        content.anchor = .bottom
        content.note = "newest last"
        return content
    }

    private func rowCount(_ event: EventRow, _ width: Int, _ most: Int) -> Int {
        let room = max(8, width - headWidth(width))
        return min(most, Line.wrappedCount(event.text, width: room))
    }

    /// The columns of what stands before the text: clock, mark, word and kind, as far as there is room.
    private func headWidth(_ width: Int) -> Int {
        2 + (width >= EventsView.clockWidth ? 9 : 0) + (width >= EventsView.wordWidth ? 5 : 0)
            + (width >= EventsView.kindWidth ? 10 : 0)
    }

    private func rows(_ event: EventRow, _ width: Int, _ most: Int) -> [Line] {
        let head = head(event, width)
        let style: Style = event.severity == .info ? .plain : .strong
        let room = max(8, width - head.width)
        var lines = Line.wrapped(event.text, width: room, style: style)
        if lines.count > most {
            lines = Array(lines.prefix(most))
            lines[most - 1] = lines[most - 1].fitted(to: room - 1, state.glyphsInUse)
            if lines[most - 1].text.last.map(String.init) != state.glyphsInUse.ellipsis {
                lines[most - 1].add(state.glyphsInUse.ellipsis, style)
            }
        }
        return lines.enumerated().map { index, text in
            var line = index == 0 ? head : Line(String(repeating: " ", count: head.width))
            line.add(text)
            return line
        }
    }

    private func head(_ event: EventRow, _ width: Int) -> Line {
        var line = Line()
        if width >= EventsView.clockWidth {
            line.add(Figures.clock(event.t, offset: state.utcOffset) + " ", .dim)
        }
        let (mark, style) = HeaderView.mark(event.severity, state.glyphsInUse)
        line.add(mark + " ", style)
        if width >= EventsView.wordWidth { line.add(EventsView.word(event.severity) + " ", style) }
        if width >= EventsView.kindWidth {
            line.add(
                Line(event.kind.rawValue, .name),
                width: 10,
                aligned: .left,
                state.glyphsInUse
            )
        }
        return line
    }
}
