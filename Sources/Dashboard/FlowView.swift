import Telemetry

/// How much flows and how far behind, as graphs of the last minutes.
struct FlowView {
    private let scene: Scene
    private let figures: Figures
    private let width, height: Int

    /// The columns of names and figures before the graphs.
    private static let labelWidth = 15
    /// The most of the past that is drawn, in seconds.
    private static let span = History.spanUsual

    /// Prepares the graphs for a pane of a size.
    init(_ scene: Scene, _ state: ViewState, width: Int, height: Int) {
        self.scene = scene
        self.width = width
        self.height = height
        figures = Figures(glyphs: state.glyphsInUse)
    }

    /// The content of the pane.
    func content() -> PaneContent {
        let room = max(0, width - FlowView.labelWidth)
        let timeline = Timeline(scene, width: room, span: FlowView.span, figures.glyphs)
        let each = max(1, height / 3)
        // Where there is room, a row between two graphs keeps them apart; what is left over otherwise
        // makes the first ones higher.
        let isAiry = each >= 4
        let rest = isAiry ? 0 : max(0, height - 3 * each)
        var content = PaneContent(
            measures.enumerated().flatMap { place, measure in
                let rows = isAiry ? each - 1 : each + (place < rest ? 1 : 0)
                return lines(of: measure, timeline, width: room, rows: rows)
                    + (isAiry ? [Line()] : [])
            }
        )
        let cells = timeline.perCell * Double(room)
        content.note = "last \(figures.ago(min(cells, FlowView.span)))"
        return content
    }

    /// One graph with its name.
    private struct Measure {
        let name: String
        let now: Double?
        let high: (name: String, value: Double?)?
        let least: Double
        let show: (Double?) -> String
        let column: (SwarmSnapshot) -> Graph.Column
    }

    private var measures: [Measure] {
        let flow = Flow(scene.shown)
        let rate = { figures.rate($0) }
        let first = Measure(
            name: flow.isSource ? "media" : "down",
            now: flow.down,
            high: nil,
            least: 100_000,
            show: rate
        ) { Graph.Column(low: Flow($0).down) }
        let up = Measure(name: "up", now: flow.up, high: nil, least: 100_000, show: rate) {
            Graph.Column(low: Flow($0).up)
        }
        let lag = Measure(
            name: "behind",
            now: scene.shown.lagMs.p50,
            high: ("p99", scene.shown.lagMs.p99),
            least: 100,
            show: { figures.seconds($0) }
        ) { Graph.Column(low: $0.lagMs.p50, high: $0.lagMs.p99) }
        return [first, up, lag]
    }

    private func lines(
        of measure: Measure,
        _ timeline: Timeline,
        width: Int,
        rows: Int
    ) -> [Line] {
        let columns = timeline.columns(measure.column)
        let values = columns.compactMap(\.low) + columns.compactMap(\.high)
        let top = Graph.scale(values, least: measure.least)
        let graph = Graph(glyphs: figures.glyphs, width: width, height: rows, top: top)
        return graph.lines(columns).enumerated().map { row, cells in
            var line = label(measure, row, rows, top)
            line.add(cells)
            return line
        }
    }

    private func label(_ measure: Measure, _ row: Int, _ rows: Int, _ top: Double) -> Line {
        var (name, value, style) = (measure.name, measure.show(measure.now), Style.strong)
        if row == 1 {
            (name, value) = (measure.high?.name ?? "top", measure.show(measure.high?.value ?? top))
            style = .dim
        } else if row > 1 {
            (name, value) = row == 2 && measure.high != nil ? ("top", measure.show(top)) : ("", "")
            style = .dim
        }
        var line = Line(name, .dim)
        let room = FlowView.labelWidth - 1
        line.fill(to: 7)
        line.add(Line(value, style), width: room - 7, aligned: .right, figures.glyphs)
        line.fill(to: room)
        line.add(figures.glyphs == .ascii ? "|" : "▕", .border)
        return line
    }
}

/// What flows through the peer that made a snapshot, or through all viewers at a tracker.
struct Flow {
    /// Whether it is the source, whose inflow is the media.
    let isSource: Bool
    /// Bits per second that come.
    let down: Double?
    /// Bits per second that go.
    let up: Double?

    /// Measures a snapshot.
    init(_ snapshot: SwarmSnapshot) {
        let own = snapshot.own.flatMap { id in snapshot.peers.first { $0.id == id } }
        isSource = own?.role == "source"
        if let own {
            down = isSource ? snapshot.bitrateBps : own.downBps
            up = own.upBps
        } else {
            down = Flow.sum(snapshot.peers.filter { $0.role != "source" }.map(\.downBps))
            up = Flow.sum(snapshot.peers.map(\.upBps))
        }
    }

    private static func sum(_ rates: [Double?]) -> Double? {
        let known = rates.compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0, +)
    }
}
