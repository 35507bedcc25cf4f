import Telemetry

/// The table of peers.
struct PeersView {
    /// The peers that the filter leaves, in their order.
    let peers: [PeerRow]
    /// How many there are without the filter.
    let allCount: Int
    private let state: ViewState
    private let figures: Figures
    private let own: String?
    private let scale: Double

    /// Filters and sorts the peers of a snapshot.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState) {
        self.state = state
        own = snapshot.own
        allCount = snapshot.peers.count
        figures = Figures(glyphs: state.glyphsInUse)
        peers = PeersView.sorted(PeersView.matching(snapshot.peers, state.filter), state)
        scale = Level.scale(buffers: snapshot.peers.compactMap(\.bufferMs))
    }

    /// The content for a pane of a width.
    func content(width: Int) -> PaneContent {
        let columns = Columns(width: width)
        var content = PaneContent(count: peers.count) { row(peers[$0], columns) }
        content.heading = heading(columns)
        content.note = note
        if peers.isEmpty, !state.filter.isEmpty {
            content.count = 1
            content.row = { _ in Line("no peer contains \"\(state.filter)\"", .dim) }
        }
        return content
    }

    /// The peers of which identifier, name, role, path or NAT type contains a text, whatever the case.
    static func matching(_ peers: [PeerRow], _ filter: String) -> [PeerRow] {
        let wanted = filter.lowercased()
        guard !wanted.isEmpty else { return peers }
        return peers.filter { peer in
            [peer.id, peer.name, peer.role, peer.path ?? "", peer.nat ?? ""].contains {
                $0.lowercased().contains(wanted)
            }
        }
    }

    /// The peers by the chosen column; the unknown last, ties in the order of the snapshot.
    static func sorted(_ peers: [PeerRow], _ state: ViewState) -> [PeerRow] {
        guard let column = state.sort else { return state.isReversed ? peers.reversed() : peers }
        let isDescending = column.startsWithGreatest != state.isReversed
        let keys = peers.map { SortKey(column, $0) }
        let order = peers.indices.sorted { left, right in
            let comparison = keys[left].compare(keys[right], descending: isDescending)
            return comparison == 0 ? left < right : comparison < 0
        }
        return order.map { peers[$0] }
    }

    private var note: String {
        var note = "\(allCount)"
        if !state.filter.isEmpty {
            note = "\(peers.count) of \(allCount) match \"\(state.filter)\""
        }
        return note
    }

    private func heading(_ columns: Columns) -> Line {
        var line = Line()
        line.fill(to: 2)
        for (column, width) in columns.all {
            if line.width > 2 { line.add(" ") }
            line.add(
                Line(title(column), column == state.sort ? .focus : .heading),
                width: width,
                aligned: alignment(column, width),
                state.glyphsInUse
            )
        }
        return line
    }

    private func title(_ column: PeerColumn) -> String {
        guard column == state.sort else { return column.title }
        let isDescending = column.startsWithGreatest != state.isReversed
        let glyphs = state.glyphsInUse
        return column.title + (isDescending ? glyphs.descending : glyphs.ascending)
    }

    private func row(_ peer: PeerRow, _ columns: Columns) -> Line {
        var line = Line(peer.id == own ? figures.glyphs.pointer : " ", .focus)
        line.fill(to: 2)
        for (column, width) in columns.all {
            if line.width > 2 { line.add(" ") }
            line.add(
                field(peer, column, width),
                width: width,
                aligned: alignment(column, width),
                state.glyphsInUse
            )
        }
        return line
    }

    private func alignment(_ column: PeerColumn, _ width: Int) -> Alignment {
        let isMeter = column == .buffer && width >= Columns.meterWidth
        return column.isText || isMeter ? .left : .right
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
        case .children: Line("\(peer.children)", peer.children == 0 ? .dim : .plain)
        }
    }

    private func buffer(_ peer: PeerRow, _ width: Int) -> Line {
        let style = Level.style(buffer: peer.bufferMs)
        guard width >= Columns.meterWidth, let value = peer.bufferMs else {
            return Line(figures.seconds(peer.bufferMs), style)
        }
        var line = Line(figures.glyphs.meter(value / scale, width: width - 7), style)
        line.add(" ")
        line.add(Line(figures.seconds(value)), width: 6, aligned: .right, figures.glyphs)
        return line
    }
}

/// Which columns fit into a width, and how wide each is.
struct Columns {
    /// The columns from left to right with their widths.
    let all: [(column: PeerColumn, width: Int)]

    /// The least width at which the buffer is drawn as a meter beside its figure.
    static let meterWidth = 13
    private static let nameMax = 32

    /// Gives room by importance; the name, then the buffer's meter, take what is left.
    init(width: Int) {
        var room = width - 2
        var chosen: [PeerColumn] = []
        for column in PeerColumn.byImportance {
            let cost = column.width + (chosen.isEmpty ? 0 : 1)
            guard cost <= room else { break }
            chosen.append(column)
            room -= cost
        }
        let meter = chosen.contains(.buffer) && room >= 10 ? min(10, room - 2) : 0
        let name = min(max(0, room - meter), Columns.nameMax - PeerColumn.name.width)
        all = chosen.sorted { $0.rawValue < $1.rawValue }.map { column in
            switch column {
            case .name: (column, column.width + name)
            case .buffer: (column, column.width + meter)
            case .id, .role, .path, .rtt, .loss, .down, .up, .behind, .continuity, .children:
                (column, column.width)
            }
        }
    }
}

/// What a peer is sorted by.
private struct SortKey {
    private let text: String?
    private let number: Double?

    init(_ column: PeerColumn, _ peer: PeerRow) {
        text = column.text(of: peer)?.lowercased()
        number = column.number(of: peer).flatMap { $0.isNaN ? nil : $0 }
    }

    /// Below 0 when this comes first, 0 when equal.
    func compare(_ other: SortKey, descending: Bool) -> Int {
        if let text, let theirs = other.text {
            return text == theirs ? 0 : (text < theirs) != descending ? -1 : 1
        }
        if let number, let theirs = other.number {
            return number == theirs ? 0 : (number < theirs) != descending ? -1 : 1
        }
        return rank - other.rank
    }

    private var rank: Int { text == nil && number == nil ? 1 : 0 }
}
