import Telemetry

/// The feedback loops: what each keeps, how it stands, what it did last.
struct LoopsView {
    private let snapshot: SwarmSnapshot
    private let glyphs: GlyphSet
    private let width: Int

    /// From this width a loop takes one row.
    private static let tableWidth = 96
    private static let widths = [13, 9, 26, 30]

    /// Prepares the loops for a pane of a width.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState, width: Int) {
        self.snapshot = snapshot
        self.width = width
        glyphs = state.glyphsInUse
    }

    /// The content of the pane.
    func content() -> PaneContent {
        guard !snapshot.loops.isEmpty else {
            return PaneContent([Line("this node runs no feedback loops", .dim)])
        }
        guard width >= LoopsView.tableWidth else {
            return PaneContent(snapshot.loops.flatMap(block))
        }
        var content = PaneContent(snapshot.loops.map(row))
        content.heading = table(["LOOP", "STATE", "TARGET", "VALUE", "LAST ACTION"]) { _ in .heading
        }
        return content
    }

    private func row(_ loop: LoopRow) -> Line {
        let last = loop.lastAction.isEmpty ? glyphs.unknown : loop.lastAction
        return table([loop.name, loop.state, loop.target, loop.value, last]) { column in
            switch column {
            case 0: .strong
            case 1: LoopsView.style(loop.state)
            case 3: .strong
            default: .plain
            }
        }
    }

    private func table(_ fields: [String], _ style: (Int) -> Style) -> Line {
        var line = Line()
        for (column, field) in fields.enumerated() {
            let text = Line(field, style(column))
            guard column < LoopsView.widths.count else {
                line.add(text)
                continue
            }
            line.add(text, width: LoopsView.widths[column], aligned: .left, glyphs)
            line.add(" ")
        }
        return line
    }

    private func block(_ loop: LoopRow) -> [Line] {
        var head = Line(loop.name, .strong)
        head.add(" ")
        head.add(loop.state, LoopsView.style(loop.state))
        var detail = "keeps \(loop.target)"
        if !loop.lastAction.isEmpty { detail += "; last: \(loop.lastAction)" }
        guard head.width + 2 + Line(loop.value).width > width else {
            head.add("  \(loop.value)", .plain)
            return [head] + indented(detail, .dim)
        }
        return [head] + indented(loop.value, .plain) + indented(detail, .dim)
    }

    /// A text in as many rows as it takes below its loop.
    private func indented(_ text: String, _ style: Style) -> [Line] {
        Line.wrapped(text, width: max(8, width - 2), style: style).map { row in
            var line = Line("  ")
            line.add(row)
            return line
        }
    }

    private static func style(_ state: String) -> Style {
        switch state {
        case "limited": .warning
        case "acting": .name
        default: .good
        }
    }
}
