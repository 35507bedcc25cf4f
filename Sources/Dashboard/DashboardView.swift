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
        render(Scene(snapshot), state, width: width, height: height).canvas
    }

    /// Draws, and gives back the state with the cursor and every scroll position brought into its
    /// range, and with what can be clicked.
    public static func render(
        _ scene: Scene,
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
        let header = HeaderView(scene, state, size: size)
        let inner = header.isFramed ? canvas.width - 4 : canvas.width
        let wanted = Layout.Wanted(
            why: header.why(width: inner, rows: 9).count,
            peers: scene.snapshot?.peers.count ?? 0
        )
        let layout = Layout(state, size: size, wanted)
        drawHeader(header, layout, on: &canvas)
        var settled = state
        settled.areas = []
        let peers = PeersView(scene.shown, state)
        if state.isHelp {
            drawHelp(layout, &settled, on: &canvas)
        } else {
            settled = peers.settled(settled)
            drawPanes(Contents(scene, state, peers), layout, &settled, on: &canvas)
        }
        drawKeyBar(peers, &settled, on: &canvas)
        return (canvas, settled)
    }

    private static func drawKeyBar(
        _ peers: PeersView,
        _ state: inout ViewState,
        on canvas: inout Canvas
    ) {
        let counts = (shown: peers.order.count, all: peers.allCount)
        let bar = KeyBar.bar(state, counts, width: canvas.width)
        let y = canvas.height - 1
        canvas.put(bar.line, at: Point(x: 0, y: y))
        state.areas += bar.keys.map { part in
            let rect = Rect(x: part.columns.lowerBound, y: y, width: part.columns.count, height: 1)
            return TargetArea(rect, .key(part.key))
        }
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
        if let name = header.snapshot?.name, !name.isEmpty, name != header.state.title {
            title.add("\(glyphs.dot) ", .dim)
            title.add("\(name) ", .focus)
        }
        if header.state.channelCount > 1 {
            let place = "channel \(header.state.channel + 1) of \(header.state.channelCount)"
            title.add("\(glyphs.dot) \(place) ", .dim)
        }
        title = title.fitted(to: frame.width - 32, glyphs)
        canvas.put(title, at: Point(x: 2, y: frame.y))
        var times = header.snapshot.map { ["up \(Figures.duration($0.uptimeS))"] } ?? []
        if let clock = header.clockText { times.append(clock) }
        if !times.isEmpty {
            let line = Line(" \(times.joined(separator: " \(glyphs.dot) ")) ", .dim)
            canvas.put(line, at: Point(x: frame.width - 2 - line.width, y: frame.y))
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
            let content = contents.content(of: pane, in: frame.interior)
            let (scroll, areas) = frame.draw(content, on: &canvas)
            state.scroll[pane] = scroll
            state.areas += areas
            if pane == state.pane { state.pageRows = frame.interior.height }
        }
    }
}

/// The contents of the panes for one screen.
private struct Contents {
    let state: ViewState
    private let scene: Scene
    private let peers: PeersView

    init(_ scene: Scene, _ state: ViewState, _ peers: PeersView) {
        self.scene = scene
        self.state = state
        self.peers = peers
    }

    func content(of pane: Pane, in rect: Rect) -> PaneContent {
        let (width, height) = (rect.width, rect.height)
        let snapshot = scene.shown
        return switch pane {
        case .flow: FlowView(scene, state, width: width, height: height).content()
        case .health: HealthView(scene, state, width: width, height: height).content()
        case .chunks: ChunkMapView(snapshot, state, width: width, height: height).content()
        case .peers: table(width: width)
        case .events: EventsView(snapshot, state).content(width: width, height: height)
        case .tree: TreeView(snapshot, state).content()
        case .rescues: RescueView(snapshot, state, width: width, height: height).content()
        case .loops: LoopsView(snapshot, state, width: width).content()
        case .trackers: TrackersView(snapshot, state, width: width).content()
        case .picture:
            PictureView(scene.picture, state, width: width, height: height).content()
        }
    }

    /// The table, or what stands in its place.
    private func table(width: Int) -> PaneContent {
        if let cursor = state.columnCursor {
            return ColumnMenu(cursor: cursor, state: state).content()
        }
        guard let detail = state.detail else { return peers.content(width: width) }
        return PeerDetailView(scene, state, id: detail, width: width).content()
    }
}
