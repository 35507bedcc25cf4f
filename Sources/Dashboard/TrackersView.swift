import Telemetry

/// The trackers: who introduces peers here, and whether they answer.
struct TrackersView {
    private let snapshot: SwarmSnapshot
    private let figures: Figures
    private let width: Int

    /// The columns and their widths; where there is less room, the last ones are left out.
    private static let columns = [
        ("TRACKER", 22), ("STATE", 8), ("RTT", 6), ("LAST", 5), ("VIEWERS", 8), ("PLAN", 6),
    ]

    /// Prepares the trackers of a snapshot for a pane of a width.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState, width: Int) {
        self.snapshot = snapshot
        self.width = width
        figures = Figures(glyphs: state.glyphsInUse)
    }

    /// The content of the pane.
    func content() -> PaneContent {
        guard let trackers = snapshot.trackers else {
            return PaneContent([Line("this is what the tracker itself tells", .dim)])
        }
        guard !trackers.isEmpty else {
            return PaneContent([Line("none; the swarm lives by itself", .dim)])
        }
        var content = PaneContent(trackers.map(row))
        content.heading = line(TrackersView.columns.map(\.0)) { _ in .heading }
        return content
    }

    private func row(_ tracker: TrackerRow) -> Line {
        let unknown = figures.glyphs.unknown
        let fields = [
            tracker.place, tracker.state, figures.milliseconds(tracker.rttMs),
            figures.ago(tracker.lastS), tracker.viewers.map { "\($0)" } ?? unknown,
            tracker.epoch.map { "\($0)" } ?? unknown,
        ]
        return line(fields) { column in
            guard column == 1 else { return column == 0 ? .strong : .plain }
            switch tracker.state {
            case "member": return .good
            case "asked": return .name
            default: return .warning
            }
        }
    }

    private func line(_ fields: [String], _ style: (Int) -> Style) -> Line {
        var line = Line()
        for (column, field) in fields.enumerated() {
            let room = min(width, TrackersView.columns[column].1)
            guard column == 0 || line.width + 1 + room <= width else { break }
            if column > 0 { line.add(" ") }
            line.add(
                Line(field, style(column)),
                width: room,
                aligned: column < 2 ? .left : .right,
                figures.glyphs
            )
        }
        return line
    }
}
