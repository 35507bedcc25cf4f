public import Telemetry

/// The dashboard as a function: a snapshot and what the user chose become a screen.
public enum DashboardView {
    /// Draws a screen of exactly `width` × `height` cells.
    ///
    /// Below 20×5 it says that the terminal is too small. Nothing that the snapshot holds can trap or
    /// put a control character on the canvas.
    public static func draw(
        _ snapshot: SwarmSnapshot?,
        _ state: ViewState,
        width: Int,
        height: Int
    ) -> Canvas {
        render(snapshot, state, width: width, height: height).canvas
    }

    /// Draws, and gives back the state with every scroll position brought into its range.
    static func render(
        _ snapshot: SwarmSnapshot?,
        _ state: ViewState,
        width: Int,
        height: Int
    ) -> (canvas: Canvas, state: ViewState) {
        var canvas = Canvas(width: width, height: height)
        guard canvas.width >= Layout.widthMin, canvas.height >= Layout.heightMin else {
            drawTooSmall(on: &canvas, state)
            return (canvas, state)
        }
        let size = (width: canvas.width, height: canvas.height)
        let header = HeaderView(snapshot, state, size: size)
        let inner = header.isFramed ? canvas.width - 4 : canvas.width
        let wanted = Layout.Wanted(
            why: header.why(width: inner, rows: 9).count,
            peers: snapshot?.peers.count ?? 0
        )
        let layout = Layout(state, size: size, wanted)
        drawHeader(header, layout, on: &canvas)
        var settled = state
        let peers = PeersView(snapshot ?? SwarmSnapshot(), state)
        if state.isHelp {
            drawHelp(layout, &settled, on: &canvas)
        } else {
            let contents = Contents(snapshot ?? SwarmSnapshot(), state, peers)
            drawPanes(contents, layout, &settled, on: &canvas)
        }
        let bar = KeyBar.line(state, (peers.peers.count, peers.allCount), width: canvas.width)
        canvas.put(bar, at: Point(x: 0, y: canvas.height - 1))
        return (canvas, settled)
    }

    private static func drawTooSmall(on canvas: inout Canvas, _ state: ViewState) {
        let text = "terminal too small (need \(Layout.widthMin)x\(Layout.heightMin))"
        let lines = Line.wrapped(text, width: max(1, canvas.width), style: .plain)
        for (row, line) in lines.prefix(canvas.height).enumerated() {
            let fitted = line.fitted(to: canvas.width, state.glyphsInUse)
            canvas.put(fitted, at: Point(x: 0, y: row))
        }
    }

    private static func drawHeader(
        _ header: HeaderView,
        _ layout: Layout,
        on canvas: inout Canvas
    ) {
        if let frame = layout.headerFrame {
            canvas.box(frame, .border, header.state.glyphsInUse)
            drawTitles(header, frame, on: &canvas)
        }
        let answers = header.answers(width: layout.header.width)
        let why = header.why(
            width: layout.header.width,
            rows: layout.header.height - answers.count
        )
        for (row, line) in (answers + why).enumerated() {
            canvas.put(line, at: Point(x: layout.header.x, y: layout.header.y + row))
        }
    }

    private static func drawTitles(
        _ header: HeaderView,
        _ frame: Rect,
        on canvas: inout Canvas
    ) {
        let glyphs = header.state.glyphsInUse
        var title = Line(" \(header.state.title) ", .strong)
        if let name = header.snapshot?.name, !name.isEmpty {
            title.add("\(glyphs.dot) ", .dim)
            title.add("\(name) ", .focus)
        }
        title = title.fitted(to: frame.width - 24, glyphs)
        canvas.put(title, at: Point(x: 2, y: frame.y))
        if let snapshot = header.snapshot {
            let up = Line(" up \(Figures.duration(snapshot.uptimeS)) ", .dim)
            canvas.put(up, at: Point(x: frame.width - 2 - up.width, y: frame.y))
        }
        guard !header.state.footer.isEmpty else { return }
        let hint = Line(" \(header.state.footer) ", .focus).fitted(to: frame.width - 4, glyphs)
        canvas.put(
            hint,
            at: Point(x: frame.width - 2 - hint.width, y: frame.y + frame.height - 1)
        )
    }

    private static func drawHelp(
        _ layout: Layout,
        _ state: inout ViewState,
        on canvas: inout Canvas
    ) {
        let body = layout.body
        let isFramed = body.height >= 6 && body.width >= 30
        let rect = isFramed ? body.inset(1) : body
        let lines = HelpView.lines(state, width: min(rect.width - (isFramed ? 2 : 0), 76))
        if isFramed {
            canvas.box(body, .focus, state.glyphsInUse)
            canvas.put(" Help ", at: Point(x: 2, y: body.y), style: .focus)
        }
        state.scrollHelp = min(state.scrollHelp, max(0, lines.count - rect.height))
        state.pageRows = rect.height
        for (row, line) in lines.dropFirst(state.scrollHelp).prefix(rect.height).enumerated() {
            let x = rect.x + (isFramed ? 1 : 0)
            canvas.put(
                line.fitted(to: rect.width, state.glyphsInUse),
                at: Point(x: x, y: rect.y + row)
            )
        }
    }

    private static func drawPanes(
        _ contents: Contents,
        _ layout: Layout,
        _ state: inout ViewState,
        on canvas: inout Canvas
    ) {
        for (pane, rect) in layout.panes {
            let frame = PaneFrame(pane: pane, rect: rect, state: contents.state)
            let content = contents.content(of: pane, width: frame.interior.width)
            state.scroll[pane] = frame.draw(content, on: &canvas)
            if pane == state.pane { state.pageRows = frame.interior.height }
        }
    }
}

/// The contents of the panes for one screen.
private struct Contents {
    let state: ViewState
    private let snapshot: SwarmSnapshot
    private let peers: PeersView

    init(_ snapshot: SwarmSnapshot, _ state: ViewState, _ peers: PeersView) {
        self.snapshot = snapshot
        self.state = state
        self.peers = peers
    }

    func content(of pane: Pane, width: Int) -> PaneContent {
        switch pane {
        case .peers: peers.content(width: width)
        case .tree: TreeView(snapshot, state).content()
        case .events: EventsView(snapshot, state).content(width: width)
        case .health: HealthView(snapshot, state, width: width).content()
        }
    }
}
