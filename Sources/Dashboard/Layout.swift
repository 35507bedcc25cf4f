/// Which parts are on the screen, and where.
struct Layout {
    /// A pane with its place.
    typealias Placed = (pane: Pane, rect: Rect)

    /// The frame of the header; nil when there is no room for one.
    let headerFrame: Rect?
    /// Where the answers and the sentence go.
    let header: Rect
    /// How many of these rows the sentence may take.
    let whyRows: Int
    /// The panes with their places; the help, when shown, takes all of it.
    let panes: [Placed]
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
        let isAsked = state.isFull || state.isHelp || state.detail != nil
        if isAsked || state.columnCursor != nil { return left >= 16 ? 2 : left >= 6 ? 1 : 0 }
        if left < 5 { return left }
        return left < 8 ? 1 : 2
    }

    /// Below this height one peer in detail has the whole body.
    private static let detailHeight = 40

    private static func panes(_ state: ViewState, _ body: Rect, _ wanted: Wanted) -> [Placed] {
        guard body.height >= 1 else { return [] }
        if state.isFull { return [(state.pane, body)] }
        // A peer's measures are read side by side: where not all would fit, they take all there is.
        if state.detail != nil, body.height < detailHeight { return [(.peers, body)] }
        if body.height < 3 {
            let isAsked = state.detail != nil || state.columnCursor != nil
            return isAsked ? [(state.pane, body)] : []
        }
        if body.width >= 150, body.height >= 34 { return wide(state, body, wanted) }
        if body.width >= 100, body.height >= 26 { return medium(state, body, wanted) }
        if body.width >= 72, body.height >= 13 { return small(state, body, wanted) }
        return stacked(state, body)
    }

    /// The pane that stands in a place which is not a standard pane's: the chosen one, or `usual`.
    private static func extra(_ state: ViewState, usual: Pane) -> Pane {
        Pane.standard.contains(state.pane) ? usual : state.pane
    }

    /// Flow and health above, the chunk map below them, then table and events beside two more panes.
    private static func wide(_ state: ViewState, _ body: Rect, _ wanted: Wanted) -> [Placed] {
        let (top, rest) = rows(body, top: 11)
        let (flow, health) = columns(top, left: top.width * 3 / 5)
        let (chunks, lower) = rows(rest, top: 5)
        let (left, right) = columns(lower, left: top.width * 3 / 5)
        let (peers, events) = rows(
            left,
            top: wanted.table(max: max(left.height * 3 / 5, left.height - 10))
        )
        let (upper, under) = rows(right, top: right.height / 2)
        let first = extra(state, usual: .tree)
        return [
            (.flow, flow), (.health, health), (.chunks, chunks), (.peers, peers),
            (.events, events), (first, upper), (first == .rescues ? .tree : .rescues, under),
        ]
    }

    /// The height of the events that tells a short story, in its frame.
    private static let eventsWanted = 9

    /// The same narrower, with one more pane beside the events.
    private static func medium(_ state: ViewState, _ body: Rect, _ wanted: Wanted) -> [Placed] {
        // All measures where the table and a few events leave the room, else the most asked for.
        let slack = body.height - 4 - wanted.table(max: body.height) - eventsWanted
        let (top, rest) = rows(body, top: slack >= 10 ? 10 : body.height >= 32 ? 8 : 5)
        let (flow, health) = columns(top, left: top.width * 11 / 20)
        let (chunks, lower) = rows(rest, top: 4)
        let (peers, bottom) = rows(lower, top: wanted.table(max: lower.height - 6))
        let (events, other) = columns(bottom, left: bottom.width * 3 / 5)
        return [
            (.flow, flow), (.health, health), (.chunks, chunks), (.peers, peers),
            (.events, events), (extra(state, usual: .tree), other),
        ]
    }

    /// Flow and health in three rows each, the table, the events; another pane in the events' place
    /// when it is chosen.
    private static func small(_ state: ViewState, _ body: Rect, _ wanted: Wanted) -> [Placed] {
        guard body.height >= 17 else {
            let (peers, bottom) = rows(body, top: wanted.table(max: body.height - 6))
            let (events, other) = columns(bottom, left: bottom.width - 34)
            let isShown = state.pane == .peers || state.pane == .events
            return [(.peers, peers), (.events, events), (isShown ? .health : state.pane, other)]
        }
        let (top, rest) = rows(body, top: 5)
        let (flow, health) = columns(top, left: top.width - 36)
        let isShown = [.flow, .health, .peers, .events].contains(state.pane)
        let most = isShown ? rest.height - 5 : rest.height * 2 / 5
        let (peers, bottom) = rows(rest, top: min(most, wanted.table(max: most)))
        return [
            (.flow, flow), (.health, health), (.peers, peers),
            (isShown ? .events : state.pane, bottom),
        ]
    }

    /// The chosen pane, and below it others while there are seven rows for each.
    private static func stacked(_ state: ViewState, _ body: Rect) -> [Placed] {
        let order = [state.pane] + Pane.byImportance.filter { $0 != state.pane }
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
