import Telemetry

/// The header: is it live, how far behind, how safe is the buffer, was anything rescued; and why.
struct HeaderView {
    /// What is known; nil before the first report.
    let snapshot: SwarmSnapshot?
    /// What the user chose.
    let state: ViewState
    /// Whether the name stands in the frame.
    let isFramed: Bool
    private let vantage: Vantage
    private let figures: Figures
    private var glyphs: GlyphSet { figures.glyphs }

    /// Below this width the four answers take two rows.
    static let oneRowWidth = 44

    /// Makes the header of a snapshot.
    init(_ snapshot: SwarmSnapshot?, _ state: ViewState, size: (width: Int, height: Int)) {
        self.snapshot = snapshot
        isFramed = Layout.isFramed(size)
        self.state = state
        vantage = Vantage(snapshot ?? SwarmSnapshot())
        figures = Figures(glyphs: state.glyphsInUse)
    }

    /// The answers in one or two rows of at most `width` columns.
    func answers(width: Int) -> [Line] {
        if width >= HeaderView.oneRowWidth {
            let order = [live, badge, name, bitrate, viewers, behind, buffer, rescued, load]
            return [Segments.fit(order, width: width, gap: 2)]
        }
        let gap = width < 32 ? 1 : 2
        return [
            Segments.fit([live, badge, rescued, viewers, name], width: width, gap: gap),
            Segments.fit([behind, buffer, load], width: width, gap: gap),
        ]
    }

    /// The sentence in at most `rows` rows; the last one is shortened when it must be.
    func why(width: Int, rows: Int) -> [Line] {
        let verdict = WhySentence.verdict(for: snapshot)
        let (mark, style) = HeaderView.mark(verdict.severity, glyphs)
        let head = Line(mark + " ", style)
        let lines = Line.wrapped(
            verdict.text,
            width: max(1, width - head.width),
            style: WhySentence.style(verdict)
        )
        let shown = lines.prefix(max(0, rows)).enumerated().map { row, line in
            var whole = row == 0 ? head : Line(String(repeating: " ", count: head.width))
            let isCut = row == rows - 1 && lines.count > rows
            whole.add(isCut ? HeaderView.elided(line, width - head.width, glyphs) : line)
            return whole.fitted(to: width, glyphs)
        }
        return Array(shown)
    }

    private static func elided(_ line: Line, _ room: Int, _ glyphs: GlyphSet) -> Line {
        var longer = line
        longer.add(glyphs.ellipsis, line.cells.last?.style ?? .plain)
        return longer.fitted(to: room, glyphs)
    }

    /// The mark before a sentence or an event.
    static func mark(_ severity: Severity, _ glyphs: GlyphSet) -> (String, Style) {
        switch severity {
        case .info: (glyphs == .ascii ? "=" : "✓", .good)
        case .warning: (glyphs == .ascii ? "!" : "▲", .warning)
        case .error: (glyphs == .ascii ? "X" : "✗", .bad)
        }
    }

    private var live: Segment {
        let isLive = snapshot?.live == true
        let word = isLive ? "\(glyphs.live) LIVE" : "\(glyphs.offline) OFFLINE"
        return Segment(rank: 90, need: .required, [Line(word, isLive ? .good : .bad)])
    }

    private var badge: Segment {
        guard state.isFrozen else { return Segment(rank: 0, []) }
        return Segment(
            rank: 80,
            need: .required,
            [Line(" FROZEN ", .badge), Line("FROZEN", .badge)]
        )
    }

    private var name: Segment {
        guard !isFramed, let snapshot, !snapshot.name.isEmpty else { return Segment(rank: 0, []) }
        let whole = Line(snapshot.name, .strong)
        return Segment(
            rank: 10,
            [whole, whole.fitted(to: 16, glyphs), whole.fitted(to: 10, glyphs)]
        )
    }

    private var bitrate: Segment {
        guard let bitrate = snapshot?.bitrateBps else { return Segment(rank: 0, []) }
        return Segment(rank: 20, [Line(figures.rateInWords(bitrate)), Line(figures.rate(bitrate))])
    }

    private var viewers: Segment {
        let count = snapshot?.viewers ?? 0
        return Segment(
            rank: 30,
            [labelled("\(count)", after: count == 1 ? " viewer" : " viewers")]
        )
    }

    private var behind: Segment {
        let value = figures.seconds(vantage.behind)
        var full = labelled("behind source ", value)
        if let worst = vantage.behindWorst {
            full.add(" worst ", .dim)
            full.add(figures.seconds(worst), .strong)
        }
        return Segment(
            rank: 45,
            need: .required,
            [
                full, labelled("behind source ", value), labelled("behind ", value),
                labelled("behind ", figures.secondsShort(vantage.behind)),
            ]
        )
    }

    private var buffer: Segment {
        let value = vantage.buffer
        let style = Level.style(buffer: value)
        let meter = value.map { glyphs.meter($0 / Level.scale(buffers: [$0]), width: 8) } ?? ""
        func form(_ label: String, _ figure: String, _ meter: String, _ word: String) -> Line {
            var line = Line(label, .dim)
            if !meter.isEmpty { line.add(meter + " ", style) }
            line.add(figure, .strong)
            if !word.isEmpty { line.add(" " + word, style) }
            return line
        }
        let word = Level.word(buffer: value) ?? ""
        let exact = figures.seconds(value)
        return Segment(
            rank: 50,
            need: .required,
            [
                form("buffer ", exact, meter, word), form("buffer ", exact, "", word),
                form("buffer ", exact, "", ""), form("buf ", figures.secondsShort(value), "", ""),
            ]
        )
    }

    private var rescued: Segment {
        let count = "\(vantage.rescued)"
        var full = labelled("rescued ", count)
        if let rescue = snapshot?.rescue, rescue.state != nil {
            full.add(" by \(rescue.rescuers.count) rescuers", .dim)
        }
        return Segment(rank: 40, need: .required, [full, labelled("rescued ", count)])
    }

    private var load: Segment {
        guard let load = snapshot?.sourceLoad else { return Segment(rank: 0, []) }
        let value = figures.factor(load)
        return Segment(rank: 25, [labelled("source load ", value), labelled("source ", value)])
    }

    private func labelled(_ label: String, _ value: String) -> Line {
        var line = Line(label, .dim)
        line.add(value, .strong)
        return line
    }

    private func labelled(_ value: String, after label: String) -> Line {
        var line = Line(value, .strong)
        line.add(label, .dim)
        return line
    }
}
