/// Which parts are on the screen, and where.
struct Layout {
    /// The frame of the header; nil when there is no room for one.
    let headerFrame: Rect?
    /// Where the answers and the sentence go.
    let header: Rect
    /// How many of these rows the sentence may take.
    let whyRows: Int
    /// The panes with their places; the help, when shown, takes all of it.
    let panes: [(pane: Pane, rect: Rect)]
    /// The room for panes.
    let body: Rect

    /// How much room would show everything.
    struct Wanted {
        /// Rows of the sentence.
        let why: Int
        /// Rows of the table of peers, whatever the filter.
        let peers: Int

        /// The height of the table in its frame with its heading, at least 7, at most `max`.
        func table(max most: Int) -> Int { min(most, max(7, peers + 3)) }
    }

    /// The least screen: below it, only a sentence says so.
    static let widthMin = 20
    /// The least screen: below it, only a sentence says so.
    static let heightMin = 5

    /// Lays out a screen of at least the least size.
    init(_ state: ViewState, size: (width: Int, height: Int), _ wanted: Wanted) {
        let (width, height) = size
        let isFramed = Layout.isFramed(size)
        let answers = isFramed || width >= HeaderView.oneRowWidth ? 1 : 2
        let whyMax = Layout.whyMax(state, size, answers)
        whyRows = min(max(1, wanted.why), whyMax)
        let rows = answers + (whyMax == 0 ? 0 : whyRows)
        headerFrame = isFramed ? Rect(x: 0, y: 0, width: width, height: rows + 2) : nil
        header =
            isFramed
            ? Rect(x: 2, y: 1, width: width - 4, height: rows)
            : Rect(x: 0, y: 0, width: width, height: rows)
        let top = isFramed ? rows + 2 : rows
        body = Rect(x: 0, y: top, width: width, height: height - 1 - top)
        panes = Layout.panes(state, body, wanted)
    }

    /// Whether there is room for a frame around the header.
    static func isFramed(_ size: (width: Int, height: Int)) -> Bool {
        size.width >= 60 && size.height >= 16
    }

    /// On the least screen a pane that was asked for takes the sentence's rows.
    private static func whyMax(
        _ state: ViewState,
        _ size: (width: Int, height: Int),
        _ answers: Int
    ) -> Int {
        let left = size.height - 1 - answers
        if state.isFull || state.isHelp { return left >= 6 ? 1 : 0 }
        if left < 5 { return left }
        return left < 8 ? 1 : 2
    }

    private static func panes(
        _ state: ViewState,
        _ body: Rect,
        _ wanted: Wanted
    ) -> [(pane: Pane, rect: Rect)] {
        guard body.height >= 1 else { return [] }
        if state.isFull { return [(state.pane, body)] }
        guard body.height >= 3 else { return [] }
        if body.width >= 150, body.height >= 28 { return wide(body, wanted) }
        if body.width >= 110, body.height >= 20 { return medium(body, wanted) }
        if body.width >= 72, body.height >= 13 { return small(state, body, wanted) }
        return stacked(state, body)
    }

    /// Table and events on the left, health and tree on the right.
    private static func wide(_ body: Rect, _ wanted: Wanted) -> [(pane: Pane, rect: Rect)] {
        let (left, right) = columns(body, left: body.width * 3 / 5)
        let (peers, events) = rows(left, top: wanted.table(max: left.height * 3 / 5))
        let (health, tree) = rows(right, top: min(14, right.height / 2))
        return [(.peers, peers), (.events, events), (.health, health), (.tree, tree)]
    }

    /// The table above, the three others side by side.
    private static func medium(_ body: Rect, _ wanted: Wanted) -> [(pane: Pane, rect: Rect)] {
        let (peers, rest) = rows(body, top: wanted.table(max: max(8, body.height - 13)))
        let (tree, others) = columns(rest, left: rest.width * 3 / 10)
        let (events, health) = columns(others, left: others.width - 48)
        return [(.peers, peers), (.tree, tree), (.events, events), (.health, health)]
    }

    /// The table above; events and health below; the tree takes the health's place when chosen.
    private static func small(
        _ state: ViewState,
        _ body: Rect,
        _ wanted: Wanted
    ) -> [(pane: Pane, rect: Rect)] {
        let (peers, rest) = rows(
            body,
            top: wanted.table(max: body.height - max(6, body.height * 2 / 5))
        )
        let (events, right) = columns(rest, left: rest.width - 34)
        return [(.peers, peers), (.events, events), (state.pane == .tree ? .tree : .health, right)]
    }

    /// The chosen pane, and below it others while there are six rows for each.
    private static func stacked(_ state: ViewState, _ body: Rect) -> [(pane: Pane, rect: Rect)] {
        let order = [state.pane] + [.peers, .events, .health, .tree].filter { $0 != state.pane }
        let count = min(max(1, body.height / 7), order.count)
        let each = body.height / count
        return order.prefix(count).enumerated().map { index, pane in
            let isLast = index == count - 1
            let height = isLast ? body.height - index * each : each
            return (
                pane, Rect(x: body.x, y: body.y + index * each, width: body.width, height: height)
            )
        }
    }

    private static func columns(_ rect: Rect, left: Int) -> (Rect, Rect) {
        (
            Rect(x: rect.x, y: rect.y, width: left, height: rect.height),
            Rect(x: rect.x + left, y: rect.y, width: rect.width - left, height: rect.height)
        )
    }

    private static func rows(_ rect: Rect, top: Int) -> (Rect, Rect) {
        (
            Rect(x: rect.x, y: rect.y, width: rect.width, height: top),
            Rect(x: rect.x, y: rect.y + top, width: rect.width, height: rect.height - top)
        )
    }
}
