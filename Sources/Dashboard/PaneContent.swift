/// What a pane shows, before it is scrolled and clipped; rows are made only when they are seen.
struct PaneContent {
    /// What stands in the frame after the pane's name.
    var note = ""
    /// A row that stays while the others scroll.
    var heading: Line?
    /// How many rows there are.
    var count: Int
    /// Whether the pane hangs on its first or its last row.
    var anchor = Anchor.top
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

    /// Draws and gives back the scroll position that was possible.
    func draw(_ content: PaneContent, on canvas: inout Canvas) -> Int {
        let inside = interior
        let top = content.heading == nil || inside.height < 2 ? 0 : 1
        let rows = max(0, inside.height - top)
        let scroll = min(state.scroll[pane, default: 0], max(0, content.count - rows))
        let first = firstRow(content, scroll, rows)
        if !isBare { frame(content, (first, rows), on: &canvas) }
        if top == 1, let heading = content.heading {
            canvas.put(heading, at: Point(x: inside.x, y: inside.y), room: inside.width)
        }
        for offset in 0..<min(rows, content.count - first) {
            let line = content.row(first + offset).fitted(to: inside.width, glyphs)
            canvas.put(line, at: Point(x: inside.x, y: inside.y + top + offset), room: inside.width)
        }
        return scroll
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
        title.add("\(pane.rawValue) ", .key)
        title.add(pane.title, isFocused ? .focus : .strong)
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
