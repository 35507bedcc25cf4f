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
        return row(
            name,
            meter(spread.mean, style) + [
                piece("", figures.portion(spread.mean), style),
                piece(
                    "  worst ",
                    figures.portion(spread.worst),
                    Level.style(continuity: spread.worst)
                ),
            ]
        )
    }

    /// A measure where less is better.
    private func quantiles(_ name: String, _ values: Quantiles) -> Line {
        let gap = isNarrow ? " " : "  "
        let p95 = isNarrow ? [] : [piece(gap + "p95 ", figures.seconds(values.p95))]
        return row(
            name,
            [piece("p50 ", figures.seconds(values.p50))] + p95
                + [piece(gap + "worst ", figures.seconds(values.worst))]
        )
    }

    /// Who the media came from.
    private var share: Line {
        row(
            "peers",
            meter(snapshot.p2pShare, .name) + [
                piece("", figures.percent(snapshot.p2pShare)),
                piece("  source ", figures.percent(snapshot.p2pShare.map { 1 - $0 })),
                piece(isNarrow ? " rep " : "  repair ", figures.loss(snapshot.repairShare)),
            ]
        )
    }

    private var cost: Line {
        let sign = snapshot.overhead == nil ? "" : "+"
        let twice = isNarrow ? [] : [piece("  twice ", figures.loss(snapshot.duplicates))]
        return row(
            "cost",
            [
                piece(isNarrow ? "" : "source ", figures.factor(snapshot.sourceLoad)),
                piece("  wire ", sign + figures.percent(snapshot.overhead)),
            ] + twice
        )
    }

    private var repair: Line {
        let rescued = snapshot.peers.reduce(0) { $0 &+ ($1.rescued ?? 0) }
        let asked = snapshot.peers.compactMap(\.rescuesAsked)
        var first = Line("\(rescued)", .strong)
        if !asked.isEmpty { first.add(" of \(asked.reduce(0) { $0 &+ $1 })", .dim) }
        var stalls = Line("  \(snapshot.stalls)", snapshot.stalls > 0 ? .warning : .strong)
        stalls.add(snapshot.stalls == 1 ? " stall" : " stalls", .dim)
        return row("repair", [first, Line(" rescued", .dim), stalls])
    }

    private var capacity: Line {
        let rescue = snapshot.rescue
        guard let load = rescue.load, let capacity = rescue.capacityBps else {
            return row("rescue", [piece("", rescue.state ?? "none called")])
        }
        var pieces = [
            piece(isNarrow ? "" : "need ", figures.percent(load), load > 1 ? .warning : .strong),
            piece(" of ", figures.rateInWords(capacity)),
        ]
        if let state = rescue.state { pieces.append(piece("  rescue ", state)) }
        return row("upload", pieces)
    }

    /// A label and as many pieces, from the left, as there is room for.
    private func row(_ name: String, _ pieces: [Line]) -> Line {
        var line = label(name)
        for (number, piece) in pieces.enumerated() {
            guard number == 0 || line.width + piece.width <= width else { break }
            line.add(piece)
        }
        return line
    }

    private func meter(_ part: Double?, _ style: Style) -> [Line] {
        isNarrow ? [] : [Line(figures.glyphs.meter(part, width: 10) + " ", style)]
    }

    private func piece(_ label: String, _ value: String, _ style: Style = .strong) -> Line {
        var line = Line(label, .dim)
        line.add(value, style)
        return line
    }

    private func label(_ name: String) -> Line {
        var line = Line(name, .dim)
        line.fill(to: HealthView.labelWidth)
        return line
    }
}
