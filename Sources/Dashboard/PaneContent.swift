/// What a pane shows, before it is scrolled and clipped; rows are made only when they are seen.
struct PaneContent {
    /// The name in the frame, where it is not the pane's.
    var title: String?
    /// What stands in the frame after the pane's name.
    var note = ""
    /// A row that stays while the others scroll.
    var heading: Line?
    /// How many rows there are.
    var count: Int
    /// Whether the pane hangs on its first or its last row.
    var anchor = Anchor.top
    /// The row that must be in sight, such as the one under a cursor that was moved.
    var followed: Int?
    /// What parts of the heading stand for, by their columns.
    var headings: [(columns: Range<Int>, target: Target)] = []
    /// What a row stands for.
    var target: ((Int) -> Target?)?
    /// Makes the row of an index from 0.
    var row: (Int) -> Line

    /// Where a pane starts to be read.
    enum Anchor {
        /// At the first row.
        case top
        /// At the last row: the newest.
        case bottom
    }

    /// Content of ready rows.
    init(_ lines: [Line], note: String = "") {
        self.note = note
        count = lines.count
        row = { lines.indices.contains($0) ? lines[$0] : Line() }
    }

    /// Content of rows made on demand.
    init(count: Int, row: @escaping (Int) -> Line) {
        self.count = count
        self.row = row
    }
}

/// Draws a content into a rectangle and finds how far it can be scrolled.
struct PaneFrame {
    /// Which pane.
    let pane: Pane
    /// Its place.
    let rect: Rect
    /// What the user chose.
    let state: ViewState
    private var glyphs: GlyphSet { state.glyphsInUse }
    private var isFocused: Bool { state.pane == pane && !state.isHelp }
    /// A pane this low or narrow is drawn without a frame.
    private var isBare: Bool { rect.height < 4 || rect.width < 24 }

    /// The rectangle inside the frame.
    var interior: Rect {
        if isBare { return rect }
        return Rect(
            x: rect.x + 2,
            y: rect.y + 1,
            width: rect.width - 4,
            height: rect.height - 2
        )
    }

    /// Draws; gives back the scroll position that was possible, and what can be clicked.
    func draw(_ content: PaneContent, on canvas: inout Canvas) -> (Int, [TargetArea]) {
        let inside = interior
        let top = content.heading == nil || inside.height < 2 ? 0 : 1
        let rows = max(0, inside.height - top)
        let scroll = scroll(content, rows)
        let first = firstRow(content, scroll, rows)
        if !isBare { frame(content, (first, rows), on: &canvas) }
        var areas = [TargetArea(rect, .pane(pane))]
        if top == 1, let heading = content.heading {
            canvas.put(heading, at: Point(x: inside.x, y: inside.y), room: inside.width)
            areas += content.headings.map { part in
                let place = Rect(
                    x: inside.x + part.columns.lowerBound,
                    y: inside.y,
                    width: part.columns.count,
                    height: 1
                )
                return TargetArea(place, part.target)
            }
        }
        for offset in 0..<max(0, min(rows, content.count - first)) {
            let line = content.row(first + offset).fitted(to: inside.width, glyphs)
            let y = inside.y + top + offset
            canvas.put(line, at: Point(x: inside.x, y: y), room: inside.width)
            if let target = content.target?(first + offset) {
                let place = Rect(x: inside.x, y: y, width: inside.width, height: 1)
                areas.append(TargetArea(place, target))
            }
        }
        return (scroll, areas)
    }

    /// The scroll position brought into its range, and to the row that must be seen.
    private func scroll(_ content: PaneContent, _ rows: Int) -> Int {
        var scroll = state.scroll[pane, default: 0]
        if let followed = content.followed, rows > 0 {
            scroll = min(scroll, followed)
            scroll = max(scroll, followed - rows + 1)
        }
        return min(max(0, scroll), max(0, content.count - rows))
    }

    private func firstRow(_ content: PaneContent, _ scroll: Int, _ rows: Int) -> Int {
        switch content.anchor {
        case .top: scroll
        case .bottom: max(0, content.count - rows - scroll)
        }
    }

    private func frame(
        _ content: PaneContent,
        _ view: (first: Int, rows: Int),
        on canvas: inout Canvas
    ) {
        let style: Style = isFocused ? .focus : .border
        canvas.box(rect, style, glyphs)
        var title = Line(isFocused ? "\(glyphs.pointer)" : " ", style)
        title.add("\(pane.digit) ", .key)
        title.add(content.title ?? pane.title, isFocused ? .focus : .strong)
        if !content.note.isEmpty { title.add(" \(glyphs.dot) \(content.note)", .dim) }
        title.add(" ", style)
        canvas.put(
            title.fitted(to: rect.width - 4, glyphs),
            at: Point(x: rect.x + 2, y: rect.y)
        )
        guard content.count > view.rows, view.rows > 0 else { return }
        let last = min(content.count, view.first + view.rows)
        let place = Line(" \(view.first + 1)-\(last) of \(content.count) ", .dim)
        guard place.width <= rect.width - 6 else { return }
        let corner = Point(
            x: rect.x + rect.width - 2 - place.width,
            y: rect.y + rect.height - 1
        )
        canvas.put(place, at: corner)
    }
}
