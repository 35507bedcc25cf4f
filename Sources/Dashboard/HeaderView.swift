import Telemetry

/// The header: is it live, how far behind, how safe is the buffer, was anything rescued; and why.
struct HeaderView {
    /// What is shown.
    let scene: Scene
    /// What the user chose.
    let state: ViewState
    /// Whether the name stands in the frame.
    let isFramed: Bool
    private let vantage: Vantage
    private let figures: Figures
    private let verdict: WhySentence.Verdict
    private var glyphs: GlyphSet { figures.glyphs }
    /// What is known; nil before the first report.
    var snapshot: SwarmSnapshot? { scene.snapshot }

    /// Below this width the four answers take two rows.
    static let oneRowWidth = 44

    /// From this width the sentence is announced by its name.
    private static let namedWidth = 56

    /// Makes the header of a scene.
    init(_ scene: Scene, _ state: ViewState, size: (width: Int, height: Int)) {
        self.scene = scene
        isFramed = Layout.isFramed(size)
        self.state = state
        vantage = Vantage(scene.shown)
        figures = Figures(glyphs: state.glyphsInUse)
        verdict = WhySentence.verdict(for: scene)
    }

    /// The answers in one or two rows of at most `width` columns.
    func answers(width: Int) -> [Line] {
        if width >= HeaderView.oneRowWidth {
            let order = [live, badge, name, media, viewers, behind, buffer, rescued, load, clock]
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
        let (mark, style) = HeaderView.mark(verdict.severity, glyphs)
        var head = Line(mark + " ", style)
        if width >= HeaderView.namedWidth { head.add("why: ", .dim) }
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

    /// The time of the moment shown, for a segment of its own or the frame.
    var clockText: String? {
        scene.clock.map { Figures.clock($0, offset: state.utcOffset) }
    }

    private var live: Segment {
        let isLive = snapshot?.live == true
        var word = isLive ? "\(glyphs.live) LIVE" : "\(glyphs.offline) OFFLINE"
        var style: Style = isLive ? .good : .bad
        switch scene.contact {
        case .present: break
        case .waiting: (word, style) = ("\(glyphs.offline) WAITING", .dim)
        case .lost(let seconds):
            (word, style) = ("\(glyphs.offline) LOST \(figures.ago(max(2, seconds)))", .bad)
        case .replayed(let at, let end):
            let place = "\(Figures.duration(at))/\(Figures.duration(end))"
            let whole = Line("REPLAY \(place) \(word)", .focus)
            let forms = [whole, Line("REPLAY \(place)", .focus), Line(place, .focus)]
            return Segment(rank: 90, need: .required, forms)
        }
        return Segment(rank: 90, need: .required, [Line(word, style)])
    }

    private var badge: Segment {
        guard state.isFrozen else { return Segment(rank: 0, []) }
        var forms = [Line(" FROZEN ", .badge), Line("FROZEN", .badge)]
        if !state.isReplay, scene.age >= 0.5, let time = scene.time {
            let ago = "\(figures.minus)\(Figures.duration(scene.age))"
            let at = Figures.clock(time, offset: state.utcOffset)
            forms =
                [Line(" FROZEN \(at) (\(ago)) ", .badge), Line(" FROZEN \(ago) ", .badge)] + forms
        }
        return Segment(rank: 85, need: .required, forms)
    }

    private var name: Segment {
        guard !isFramed, let snapshot, !snapshot.name.isEmpty else { return Segment(rank: 0, []) }
        let whole = Line(snapshot.name, .strong)
        return Segment(
            rank: 10,
            [whole, whole.fitted(to: 16, glyphs), whole.fitted(to: 10, glyphs)]
        )
    }

    private var media: Segment {
        let bitrate = snapshot?.bitrateBps
        let video = snapshot?.video.map { TextWidth.printable(String($0.prefix(16))) }
        guard bitrate != nil || video != nil else { return Segment(rank: 0, []) }
        func form(_ parts: [String?]) -> Line {
            Line(parts.compactMap { $0 }.joined(separator: " "))
        }
        return Segment(
            rank: 20,
            [
                form([video, bitrate.map { figures.rateInWords($0) }]),
                form([video, bitrate.map { figures.rate($0) }]),
                form([bitrate.map { figures.rate($0) }]),
            ]
        )
    }

    private var clock: Segment {
        guard !isFramed, let clockText else { return Segment(rank: 0, []) }
        return Segment(rank: 5, [Line(clockText, .dim)])
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
        let target = vantage.bufferTarget.flatMap { $0 > 0 ? $0 : nil }
        let scale = target ?? Level.scale(buffers: value.map { [$0] } ?? [])
        let meter = value.map { glyphs.meter($0 / scale, width: 8) } ?? ""
        func form(_ label: String, _ figure: String, _ meter: String, _ word: String) -> Line {
            var line = Line(label, .dim)
            if !meter.isEmpty { line.add(meter + " ", style) }
            line.add(figure, .strong)
            if !word.isEmpty { line.add(" " + word, style) }
            return line
        }
        let word = Level.word(buffer: value) ?? ""
        let exact = figures.seconds(value)
        let part = target.map { "\(exact.dropLast())/\(figures.seconds($0))" } ?? exact
        return Segment(
            rank: 50,
            need: .required,
            [
                form("buffer ", value == nil ? exact : part, meter, word),
                form("buffer ", exact, meter, word), form("buffer ", exact, "", word),
                form("buffer ", exact, "", ""), form("buf ", figures.secondsShort(value), "", ""),
            ]
        )
    }

    private var rescued: Segment {
        let short = labelled("rescued ", "\(vantage.rescued)")
        guard let asked = vantage.rescuesAsked else {
            return Segment(rank: 40, need: .required, [lent(short), short])
        }
        var full = labelled("rescues ", "\(max(asked, vantage.rescued))")
        let isWhole = vantage.rescued >= asked
        full.add(" (\(vantage.rescued) ok)", isWhole ? .dim : .warning)
        return Segment(rank: 40, need: .required, [lent(full), full, short])
    }

    private func lent(_ line: Line) -> Line {
        guard let rescue = snapshot?.rescue, rescue.state != nil else { return line }
        var longer = line
        longer.add(" by \(rescue.rescuers.count) rescuers", .dim)
        return longer
    }

    private var load: Segment {
        guard let load = snapshot?.sourceLoad else { return Segment(rank: 0, []) }
        let value = figures.factor(load)
        return Segment(rank: 12, [labelled("source load ", value), labelled("source ", value)])
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
