import Telemetry

/// One peer: what it is, and five minutes of its measures.
struct PeerDetailView {
    private let scene: Scene
    private let state: ViewState
    private let id: String
    private let width: Int
    private let figures: Figures

    /// How much of the past is drawn, in seconds.
    static let span = 300.0
    private static let labelWidth = 17
    private var glyphs: GlyphSet { figures.glyphs }

    /// Prepares the peer for a pane of a width.
    init(_ scene: Scene, _ state: ViewState, id: String, width: Int) {
        self.scene = scene
        self.state = state
        self.id = id
        self.width = width
        figures = Figures(glyphs: state.glyphsInUse)
    }

    /// The content of the pane.
    func content() -> PaneContent {
        let row = scene.shown.peers.first { $0.id == id }
        var content = PaneContent(row.map(lines) ?? [])
        if row == nil { content = PaneContent([Line("this peer is gone", .warning)] + graphs(nil)) }
        content.title = "Peer"
        content.note = TextWidth.printable(String(id.prefix(16)))
        return content
    }

    private func lines(_ peer: PeerRow) -> [Line] {
        facts(peer) + graphs(peer) + [fed(peer), feeds(peer)]
    }

    private func facts(_ peer: PeerRow) -> [Line] {
        let unknown = glyphs.unknown
        let pairs = [
            ("name", peer.name.isEmpty ? unknown : peer.name), ("role", peer.role),
            ("path", peer.path ?? unknown), ("NAT", peer.nat ?? unknown),
            ("on time", figures.portion(peer.continuity)),
            ("picture", figures.portion(peer.pictureContinuity)),
            ("startup", figures.seconds(peer.startupMs)), ("stalls", figures.count(peer.stalls)),
            ("rescued", figures.count(peer.rescued)), ("score", figures.portion(peer.score)),
            ("heard", figures.ago(peer.lastS)),
        ]
        let cells = pairs.map { pair in
            var line = Line(pair.0 + " ", .dim)
            line.add(pair.1, .strong)
            return line
        }
        return PeerDetailView.flowed(cells, width: width)
    }

    /// Puts short pieces side by side in as few rows as they take.
    private static func flowed(_ pieces: [Line], width: Int) -> [Line] {
        var lines: [Line] = []
        var current = Line()
        for piece in pieces {
            if current.width > 0, current.width + 3 + piece.width > width {
                lines.append(current)
                current = Line()
            }
            if current.width > 0 { current.add("   ") }
            current.add(piece)
        }
        return lines + [current]
    }

    private func graphs(_ peer: PeerRow?) -> [Line] {
        let room = max(0, width - PeerDetailView.labelWidth)
        let timeline = Timeline(scene, width: room, span: PeerDetailView.span, glyphs)
        var finder = RowFinder(id)
        let rows = timeline.rows { finder.row(in: $0) }
        let rate = { figures.rate($0) }
        let seconds = { figures.seconds($0) }
        let measures: [Measure] = [
            Measure("RTT ms", \.rttMs, least: 10) { figures.milliseconds($0) },
            Measure("loss", \.loss, least: 0.01) { figures.loss($0) },
            Measure("down", \.downBps, least: 100_000, rate),
            Measure("up", \.upBps, least: 100_000, rate),
            Measure("behind", \.lagMs, least: 100, seconds),
            Measure("buffer", \.bufferMs, least: 100, seconds),
        ]
        return measures.flatMap { measure in
            let columns = timeline.columns(rows, measure.value)
            let top = Graph.scale(columns.compactMap(\.low), least: measure.least)
            let graph = Graph(glyphs: glyphs, width: room, height: 2, top: top)
            return graph.lines(columns).enumerated().map { row, cells in
                let now = peer.flatMap { $0[keyPath: measure.value] }
                return labelled(measure, row, row == 0 ? now : top, cells)
            }
        }
    }

    private struct Measure {
        let name: String
        let value: KeyPath<PeerRow, Double?>
        let least: Double
        let show: (Double?) -> String

        init(
            _ name: String,
            _ value: KeyPath<PeerRow, Double?>,
            least: Double,
            _ show: @escaping (Double?) -> String
        ) {
            self.name = name
            self.value = value
            self.least = least
            self.show = show
        }
    }

    private func labelled(_ measure: Measure, _ row: Int, _ value: Double?, _ cells: Line) -> Line {
        var line = Line(row == 0 ? measure.name : "top", .dim)
        line.fill(to: 7)
        let figure = Line(measure.show(value), row == 0 ? .strong : .dim)
        line.add(figure, width: PeerDetailView.labelWidth - 9, aligned: .right, glyphs)
        line.add(glyphs == .ascii ? " |" : " ▕", .border)
        line.add(cells)
        return line
    }

    private func fed(_ peer: PeerRow) -> Line {
        var line = Line("fed by ", .dim)
        let stripes = peer.parents.sorted {
            (Int($0.key) ?? .max, $0.key) < (Int($1.key) ?? .max, $1.key)
        }
        if stripes.isEmpty { line.add(glyphs.unknown) }
        for (stripe, parent) in stripes.prefix(64) {
            line.add(stripe + ":", .dim)
            line.add(name(parent) + " ", .name)
        }
        return line
    }

    private func feeds(_ peer: PeerRow) -> Line {
        var line = Line("feeds  ", .dim)
        let children = scene.shown.peers.filter { $0.parents.values.contains(id) }
        if children.isEmpty {
            line.add(peer.children == 0 ? "nobody" : "\(figures.count(peer.children)) peers")
        }
        for child in children.prefix(64) { line.add(name(child.id) + " ", .name) }
        return line
    }

    private func name(_ id: String) -> String { TextWidth.printable(String(id.prefix(4))) }
}

/// Finds a peer in successive snapshots: it is where it was, as a rule.
private struct RowFinder {
    private let id: String
    private var place = 0

    init(_ id: String) { self.id = id }

    mutating func row(in snapshot: SwarmSnapshot) -> PeerRow? {
        if snapshot.peers.indices.contains(place), snapshot.peers[place].id == id {
            return snapshot.peers[place]
        }
        guard let found = snapshot.peers.firstIndex(where: { $0.id == id }) else { return nil }
        place = found
        return snapshot.peers[found]
    }
}
