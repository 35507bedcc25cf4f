import Telemetry

/// The table of peers.
struct PeersView {
    /// The places of the peers shown among those of the snapshot, in order.
    let order: [Int]
    /// How many there are without the filter.
    let allCount: Int
    private let peers: [PeerRow]
    private let state: ViewState
    private let figures: Figures
    private let own: String?
    private let scale: Double
    private let cursor: Int?

    /// Filters and sorts the peers of a snapshot, and finds the row of the cursor.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState) {
        self.state = state
        own = snapshot.own
        peers = snapshot.peers
        allCount = snapshot.peers.count
        figures = Figures(glyphs: state.glyphsInUse)
        order = PeerOrder(snapshot.peers, state).indices
        scale = Level.scale(buffers: snapshot.peers.compactMap(\.bufferMs))
        cursor = PeersView.cursor(order, snapshot.peers, state)
    }

    /// The peer of a row.
    func peer(row: Int) -> PeerRow { peers[order[row]] }

    /// The state with the cursor moved to where its row is, and its peer chosen.
    func settled(_ state: ViewState) -> ViewState {
        var settled = state
        settled.cursorMove = 0
        guard let cursor else {
            if order.isEmpty { return settled }
            settled.selected = nil
            return settled
        }
        settled.selected = peer(row: cursor).id
        settled.cursorRow = cursor
        return settled
    }

    /// The content for a pane of a width.
    func content(width: Int) -> PaneContent {
        let columns = Columns(width: width, hidden: state.columnsHidden, empty: empty)
        var content = PaneContent(count: order.count) { row($0, columns) }
        (content.heading, content.headings) = heading(columns)
        content.note = note
        content.target = { .peer(peer(row: $0).id) }
        if state.cursorMove != 0 { content.followed = cursor }
        if order.isEmpty, !state.filter.isEmpty {
            content.count = 1
            content.target = nil
            content.row = { _ in Line("no peer contains \"\(state.filter)\"", .dim) }
        }
        return content
    }

    /// The columns that say nothing of anybody but the one that tells: a viewer knows of its neighbours
    /// how they are reached and what they deliver, and not what they play.
    private var empty: Set<PeerColumn> {
        guard peers.contains(where: { $0.id != own }) else { return [] }
        return Set(
            PeerColumn.allCases.filter { column in
                peers.allSatisfy { peer in
                    peer.id == own || column.number(of: peer) == nil && column.text(of: peer) == nil
                }
            }
        )
    }

    /// The row of the chosen peer, moved as far as was asked; the row's neighbour when it is gone.
    private static func cursor(
        _ order: [Int],
        _ peers: [PeerRow],
        _ state: ViewState
    ) -> Int? {
        guard !order.isEmpty, state.selected != nil || state.cursorMove != 0 else { return nil }
        var row = state.cursorMove > 0 ? -1 : 0
        if let selected = state.selected {
            row = order.firstIndex { peers[$0].id == selected } ?? state.cursorRow
        }
        return min(max(0, row + state.cursorMove), order.count - 1)
    }

    private var note: String {
        var note = "\(allCount)"
        if !state.filter.isEmpty {
            note = "\(order.count) of \(allCount) match \"\(state.filter)\""
        }
        return note
    }

    private func heading(
        _ columns: Columns
    ) -> (Line, [(columns: Range<Int>, target: Target)]) {
        var line = Line()
        var places: [(columns: Range<Int>, target: Target)] = []
        line.fill(to: 2)
        for (column, width) in columns.all {
            if line.width > 2 { line.add(" ") }
            let start = line.width
            line.add(
                Line(title(column), column == state.sort ? .focus : .heading),
                width: width,
                aligned: column.isText ? .left : .right,
                state.glyphsInUse
            )
            places.append((start..<line.width, .heading(column)))
        }
        return (line, places)
    }

    private func title(_ column: PeerColumn) -> String {
        guard column == state.sort else { return column.title }
        let isDescending = column.startsWithGreatest != state.isReversed
        let glyphs = state.glyphsInUse
        return column.title + (isDescending ? glyphs.descending : glyphs.ascending)
    }

    private func row(_ index: Int, _ columns: Columns) -> Line {
        let peer = peer(row: index)
        let isChosen = index == cursor
        var line = Line(isChosen ? figures.glyphs.pointer : " ", .focus)
        line.add(peer.id == own ? "*" : " ", .focus)
        for (column, width) in columns.all {
            if line.width > 2 { line.add(" ") }
            line.add(
                field(peer, column, width),
                width: width,
                aligned: column.isText ? .left : .right,
                state.glyphsInUse
            )
        }
        return isChosen ? line.chosen : line
    }

    private func field(_ peer: PeerRow, _ column: PeerColumn, _ width: Int) -> Line {
        switch column {
        case .id: Line(String(peer.id.prefix(4)), .name)
        case .name: Line(peer.name.isEmpty ? figures.glyphs.unknown : peer.name, .strong)
        case .role: Line(peer.role, peer.role == "source" ? .focus : .plain)
        case .path: Line(peer.path ?? figures.glyphs.unknown)
        case .rtt: Line(figures.milliseconds(peer.rttMs))
        case .loss: Line(figures.loss(peer.loss), Level.style(loss: peer.loss))
        case .down: Line(figures.rate(peer.downBps))
        case .up: Line(figures.rate(peer.upBps))
        case .behind: Line(figures.seconds(peer.lagMs))
        case .buffer: buffer(peer, width)
        case .continuity:
            Line(figures.portion(peer.continuity), Level.style(continuity: peer.continuity))
        case .children: Line(figures.count(peer.children), peer.children == 0 ? .dim : .plain)
        case .score: Line(figures.portion(peer.score))
        case .last: Line(figures.ago(peer.lastS))
        }
    }

    private func buffer(_ peer: PeerRow, _ width: Int) -> Line {
        let style = Level.style(buffer: peer.bufferMs)
        guard width >= Columns.meterWidth, let value = peer.bufferMs else {
            return Line(figures.seconds(peer.bufferMs), style)
        }
        let full = peer.bufferTargetMs.flatMap { $0 > 0 ? $0 : nil } ?? scale
        var line = Line(figures.glyphs.meter(value / full, width: width - 7), style)
        line.add(" ")
        line.add(Line(figures.seconds(value)), width: 6, aligned: .right, figures.glyphs)
        return line
    }
}
