import Telemetry

/// How well the swarm does, in the measures that the project defines.
struct HealthView {
    private let snapshot: SwarmSnapshot
    private let figures: Figures
    private let width, height: Int
    private let scene: Scene
    private static let labelWidth = 9
    private static let findingsHeight = 14
    /// No room for meters and the less asked-for figures.
    private var isNarrow: Bool { width < 44 }

    /// Prepares the measures of a snapshot for a pane of a width.
    init(_ scene: Scene, _ state: ViewState, width: Int, height: Int) {
        self.scene = scene
        snapshot = scene.shown
        self.width = width
        self.height = height
        figures = Figures(glyphs: state.glyphsInUse)
    }

    /// The content of the pane.
    func content() -> PaneContent {
        PaneContent(
            [
                spread("on time", snapshot.continuity), share,
                quantiles("behind", snapshot.lagMs),
                spread("picture", snapshot.pictureContinuity), repair, cost,
                quantiles("startup", snapshot.startupMs), capacity,
            ] + findings
        )
    }

    /// Everything that is worth a word now, where there is room below the measures.
    private var findings: [Line] {
        guard height >= HealthView.findingsHeight else { return [] }
        let lines = WhySentence.findings(for: scene).flatMap { verdict in
            let (mark, style) = HeaderView.mark(verdict.severity, figures.glyphs)
            return Line.wrapped(verdict.text, width: max(8, width - 2), style: .plain).enumerated()
                .map { row, text in
                    var line = row == 0 ? Line(mark + " ", style) : Line("  ")
                    line.add(text)
                    return line
                }
        }
        return [Line(), Line("all that is worth a word now", .heading)] + lines
    }

    /// A measure where more is better: a meter of the mean, the figures, the worst viewer.
    private func spread(_ name: String, _ spread: Spread) -> Line {
        let style = Level.style(continuity: spread.mean)
        var line = label(name)
        if !isNarrow {
            line.add(figures.glyphs.meter(spread.mean, width: 10) + " ", style)
        }
        line.add(figures.portion(spread.mean), style)
        line.add("  worst ", .dim)
        line.add(figures.portion(spread.worst), Level.style(continuity: spread.worst))
        return line
    }

    /// A measure where less is better.
    private func quantiles(_ name: String, _ values: Quantiles) -> Line {
        var line = label(name)
        for (word, value) in [("p50", values.p50), ("p95", values.p95), ("worst", values.worst)] {
            if word == "p95", isNarrow { continue }
            if line.width > HealthView.labelWidth { line.add(isNarrow ? " " : "  ") }
            line.add(word + " ", .dim)
            line.add(figures.seconds(value), .strong)
        }
        return line
    }

    /// Who the media came from.
    private var share: Line {
        var line = label("peers")
        if !isNarrow {
            line.add(figures.glyphs.meter(snapshot.p2pShare, width: 10) + " ", .name)
        }
        line.add(figures.percent(snapshot.p2pShare), .strong)
        line.add("  source ", .dim)
        line.add(figures.percent(snapshot.p2pShare.map { 1 - $0 }), .strong)
        line.add(isNarrow ? " rep " : "  repair ", .dim)
        line.add(figures.loss(snapshot.repairShare), .strong)
        return line
    }

    private var cost: Line {
        var line = label("cost")
        if !isNarrow { line.add("source ", .dim) }
        line.add(figures.factor(snapshot.sourceLoad), .strong)
        line.add("  wire ", .dim)
        line.add(
            (snapshot.overhead == nil ? "" : "+") + figures.percent(snapshot.overhead),
            .strong
        )
        if !isNarrow {
            line.add("  twice ", .dim)
            line.add(figures.loss(snapshot.duplicates), .strong)
        }
        return line
    }

    private var repair: Line {
        var line = label("repair")
        let rescued = snapshot.peers.reduce(0) { $0 &+ ($1.rescued ?? 0) }
        line.add("\(rescued)", .strong)
        let asked = snapshot.peers.compactMap(\.rescuesAsked)
        if !asked.isEmpty { line.add(" of \(asked.reduce(0) { $0 &+ $1 })", .dim) }
        line.add(" rescued  ", .dim)
        line.add("\(snapshot.stalls)", snapshot.stalls > 0 ? .warning : .strong)
        line.add(snapshot.stalls == 1 ? " stall" : " stalls", .dim)
        return line
    }

    private var capacity: Line {
        var line = label("rescue")
        line.add(snapshot.rescue.state ?? "none called", .strong)
        if snapshot.rescue.load != nil {
            line.add("  load ", .dim)
            line.add(figures.percent(snapshot.rescue.load), .strong)
        }
        return line
    }

    private func label(_ name: String) -> Line {
        var line = Line(name, .dim)
        line.fill(to: HealthView.labelWidth)
        return line
    }
}
