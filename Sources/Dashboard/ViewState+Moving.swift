/// How the cursor, the scroll positions and the mouse move.
extension ViewState {
    /// How many rows one notch of the wheel scrolls.
    private static let wheelRows = 3

    /// Moves the cursor of the table, of the columns, or scrolls the pane that has the keys.
    mutating func move(_ key: Key) {
        let rows = distance(key)
        if isHelp {
            scrollHelp = min(max(0, scrollHelp + rows), ViewState.scrollMax)
        } else if let cursor = columnCursor {
            columnCursor = min(max(0, cursor + rows), PeerColumn.allCases.count - 1)
        } else if pane == .peers, detail == nil {
            cursorMove = min(max(-ViewState.scrollMax, cursorMove + rows), ViewState.scrollMax)
        } else {
            scroll(pane, by: rows)
        }
    }

    private func distance(_ key: Key) -> Int {
        switch key {
        case .up: -1
        case .down: 1
        case .pageUp: -max(1, pageRows - 1)
        case .pageDown: max(1, pageRows - 1)
        case .home: -ViewState.scrollMax
        case .end: ViewState.scrollMax
        case .character, .left, .right, .tab, .backTab, .enter, .escape, .backspace, .eraseAll,
            .eraseWord, .interrupt,
            .redraw, .mouse:
            0
        }
    }

    /// Events and rescues hang on their newest row, so that up leads into the past.
    private mutating func scroll(_ pane: Pane, by rows: Int) {
        let signed = pane == .events || pane == .rescues ? -rows : rows
        scroll[pane] = min(max(0, scroll[pane, default: 0] + signed), ViewState.scrollMax)
    }

    /// Does what a click or the wheel asks for.
    mutating func mouse(_ act: MouseAct, _ point: Point, _ history: History) -> KeyOutcome {
        guard isMouseOn else { return .draw }
        let targets = areas.reversed().filter { $0.rect.contains(point) }.map(\.target)
        switch act {
        case .press: return click(targets, history)
        case .wheelUp: wheel(targets, -ViewState.wheelRows)
        case .wheelDown: wheel(targets, ViewState.wheelRows)
        }
        return .draw
    }

    private mutating func wheel(_ targets: [Target], _ rows: Int) {
        if isHelp {
            scrollHelp = min(max(0, scrollHelp + rows), ViewState.scrollMax)
            return
        }
        for case .pane(let pane) in targets {
            scroll(pane, by: rows)
            return
        }
    }

    private mutating func click(_ targets: [Target], _ history: History) -> KeyOutcome {
        guard let first = targets.first else { return .draw }
        switch first {
        case .key(let key): return handle(key, history)
        case .heading(let column):
            sort(by: column)
            pane = .peers
        case .peer(let id):
            if pane == .peers, selected == id { openDetail(id) }
            (pane, selected, cursorMove) = (.peers, id, 0)
        case .pane(let pane):
            if pane != self.pane { (self.pane, columnCursor) = (pane, nil) }
        }
        return .draw
    }
}
