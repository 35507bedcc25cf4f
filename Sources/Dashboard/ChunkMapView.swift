import Telemetry

/// The newest blocks, here below the source's: what is held, on its way, missing, was rescued.
struct ChunkMapView {
    private let snapshot: SwarmSnapshot
    private let glyphs: GlyphSet
    private let width, height: Int

    private static let labelWidth = 7
    /// From this width the frame has room for what the signs mean; below it they follow the map.
    private static let legendWidth = 70

    /// Prepares the map for a pane of a size.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState, width: Int, height: Int) {
        self.snapshot = snapshot
        self.width = width
        self.height = height
        glyphs = state.glyphsInUse
    }

    /// The content of the pane.
    func content() -> PaneContent {
        guard let map = snapshot.chunkMap else {
            let own = snapshot.own.flatMap { id in snapshot.peers.first { $0.id == id } }
            let reason =
                own?.role == "source"
                ? "this is the source: it holds every block" : "not known here"
            return PaneContent([Line(reason, .dim)])
        }
        let window = Window(map, width: width - ChunkMapView.labelWidth - 2)
        let rows = [own(map, window), source(map, window), playout(map, window)].compactMap { $0 }
            .prefix(max(1, height))
        // The source above, so that what is missing shows below what there is.
        let lines = rows.count < 2 ? Array(rows) : [rows[1], rows[0]] + rows[2...]
        let legend = legendRows
        guard width < ChunkMapView.legendWidth, lines.count + legend.count <= height else {
            var content = PaneContent(lines)
            content.note = self.legend.joined(separator: "  ")
            return content
        }
        return PaneContent(lines + legend)
    }

    /// The part of the map that fits, the newest at the right.
    private struct Window {
        let first, count: Int

        init(_ map: ChunkMapRow, width: Int) {
            let last = map.first &+ map.places.unicodeScalars.count
            count = min(max(0, width), map.places.unicodeScalars.count)
            first = last &- count
        }
    }

    private var legend: [String] {
        ChunkMapRow.Place.allCases.map { "\(glyphs.place($0)) \(ChunkMapView.word($0))" }
    }

    private var legendRows: [Line] {
        var rows: [Line] = []
        for sign in legend {
            if let last = rows.last, last.width + 2 + sign.count <= width {
                rows[rows.count - 1].add("  \(sign)", .dim)
            } else {
                rows.append(Line(sign, .dim))
            }
        }
        return rows
    }

    private static func word(_ place: ChunkMapRow.Place) -> String {
        switch place {
        case .held: "held"
        case .rescued: "rescued"
        case .inFlight: "in flight"
        case .missing: "missing"
        case .lost: "lost"
        }
    }

    private static func style(_ place: ChunkMapRow.Place) -> Style {
        switch place {
        case .held: .graph
        case .rescued: .warning
        case .inFlight: .name
        case .missing, .lost: .bad
        }
    }

    private func own(_ map: ChunkMapRow, _ window: Window) -> Line {
        var line = head("you")
        for character in map.places.suffix(window.count) {
            let place = ChunkMapRow.Place(rawValue: character) ?? .missing
            line.add(glyphs.place(place), ChunkMapView.style(place))
        }
        line.add(glyphs.frame.vertical, .border)
        return line
    }

    private func source(_ map: ChunkMapRow, _ window: Window) -> Line {
        var line = head("source")
        let newest = map.newest ?? (window.first &+ window.count &- 1)
        let published = min(max(0, newest &- window.first &+ 1), window.count)
        line.add(String(repeating: glyphs.place(.held), count: published), .graph)
        line.add(String(repeating: " ", count: window.count - published))
        line.add(glyphs.frame.vertical, .border)
        let number = Line(" \(newest)", .dim)
        if map.newest != nil, line.width + number.width <= width { line.add(number) }
        return line
    }

    private func playout(_ map: ChunkMapRow, _ window: Window) -> Line? {
        guard let playout = map.playout else { return nil }
        let at = playout &- window.first
        guard (0..<window.count).contains(at) else { return nil }
        var line = Line("plays", .dim)
        line.fill(to: ChunkMapView.labelWidth + 1 + at)
        line.add(glyphs == .ascii ? "^" : "▲", .focus)
        return line
    }

    private func head(_ name: String) -> Line {
        var line = Line(name, .dim)
        line.fill(to: ChunkMapView.labelWidth)
        line.add(glyphs.frame.vertical, .border)
        return line
    }
}
