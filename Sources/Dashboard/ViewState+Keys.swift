/// What the keys do.
extension ViewState {
    /// How many moments the keys for longer steps skip: half a minute.
    private static let stride = 30

    /// Does what a key asks for; `history` is where the steps through time lead.
    @discardableResult
    public mutating func handle(_ key: Key, _ history: History = History()) -> KeyOutcome {
        notice = ""
        switch key {
        case .interrupt: return .interrupt
        case .redraw: return .repaint
        case .mouse(let act, let point): return mouse(act, point, history)
        case .character(let character):
            if isFiltering {
                type(character)
            } else if columnCursor != nil {
                chooseColumn(character)
            } else {
                return command(character, history)
            }
        case .tab, .right: choose(pane.moved(by: 1))
        case .backTab, .left: choose(pane.moved(by: -1))
        case .enter: confirm()
        case .escape: leave()
        case .backspace, .eraseAll, .eraseWord: erase(key)
        case .up, .down, .pageUp, .pageDown, .home, .end: move(key)
        }
        return .draw
    }

    private mutating func command(_ character: Character, _ history: History) -> KeyOutcome {
        switch character {
        case "q", "Q": return .quit
        case "?", "h": isHelp.toggle()
        case "s": sort = PeerColumn.following(sort)
        case "S": isReversed.toggle()
        case "c": openColumns()
        case "/": startFilter()
        case "t": switchTree()
        case "r": show(.rescues)
        case "l": show(.loops)
        case "p": show(.picture)
        case " ": toggleFrozen(history)
        case "[": step(-1, history)
        case "]": step(1, history)
        case "{": step(-ViewState.stride, history)
        case "}": step(ViewState.stride, history)
        case "g": if !isASCIIOnly { glyphs = glyphs.next }
        case "m": isMouseOn.toggle()
        case "n": switchChannel(by: 1)
        case "N": switchChannel(by: -1)
        case "y": return copied()
        case "k": move(.up)
        case "j": move(.down)
        default: if let digit = Pane(digit: character) { show(digit) }
        }
        return .draw
    }

    /// Shows another channel from now on; what was chosen in this one is let go.
    private mutating func switchChannel(by step: Int) {
        guard channelCount > 1 else {
            notice = "there is one channel only"
            return
        }
        channel = ((channel + step) % channelCount + channelCount) % channelCount
        closeDetail()
        (moment, steps, selected, cursorMove, link) = (.live, 0, nil, 0, "")
        scroll.removeAll()
        notice = "channel \(channel + 1) of \(channelCount)"
    }

    private mutating func step(_ count: Int, _ history: History) {
        steps += count
        settleMoment(history)
    }

    /// The same pane once more gives it the whole screen.
    private mutating func show(_ chosen: Pane) {
        if chosen == pane, detail == nil || chosen != .peers {
            isFull.toggle()
        } else {
            choose(chosen)
        }
    }

    private mutating func choose(_ chosen: Pane) {
        pane = chosen
        closeDetail()
        columnCursor = nil
    }

    /// Shows a peer in the place of the table.
    mutating func openDetail(_ id: String) {
        guard detail == nil else { return }
        detail = id
        scrollTable = scroll[.peers, default: 0]
        scroll[.peers] = 0
    }

    private mutating func closeDetail() {
        guard detail != nil else { return }
        detail = nil
        scroll[.peers] = scrollTable
    }

    private mutating func copied() -> KeyOutcome {
        let text = detail ?? (pane == .peers ? selected : nil) ?? link
        guard !text.isEmpty else {
            notice = "nothing to copy: choose a peer first"
            return .draw
        }
        notice = "copied: \(text)"
        return .copy(text)
    }

    private mutating func openColumns() {
        choose(.peers)
        isHelp = false
        columnCursor = 0
    }

    private mutating func chooseColumn(_ character: Character) {
        guard let cursor = columnCursor, PeerColumn.allCases.indices.contains(cursor) else {
            return
        }
        switch character {
        case " ", "x":
            columnsHidden.formSymmetricDifference([PeerColumn.allCases[cursor]])
        case "s": sort(by: PeerColumn.allCases[cursor])
        case "j": move(.down)
        case "k": move(.up)
        case "c", "q": columnCursor = nil
        default: break
        }
    }

    /// Sorts by a column; by the same once more turns the order round.
    mutating func sort(by column: PeerColumn) {
        if sort == column { isReversed.toggle() } else { (sort, isReversed) = (column, false) }
    }

    private mutating func startFilter() {
        choose(.peers)
        isFiltering = true
        isHelp = false
        scroll[.peers] = 0
    }

    private mutating func switchTree() {
        if pane == .tree { treeStep &+= 1 }
        choose(.tree)
    }

    private mutating func type(_ character: Character) {
        guard filter.count < ViewState.filterMax, TextWidth.columns(of: String(character)) > 0
        else {
            return
        }
        filter.append(character)
        scroll[.peers] = 0
    }

    /// Takes away what was typed, as a shell does.
    private mutating func erase(_ key: Key) {
        guard isFiltering, !filter.isEmpty else { return }
        switch key {
        case .eraseAll: filter = ""
        case .eraseWord:
            while filter.last == " " { filter.removeLast() }
            while let last = filter.last, last != " " { filter.removeLast() }
        default: filter.removeLast()
        }
        scroll[.peers] = 0
    }

    private mutating func confirm() {
        if isFiltering {
            isFiltering = false
        } else if columnCursor != nil {
            columnCursor = nil
        } else if pane == .peers, detail == nil {
            if let selected { openDetail(selected) } else { cursorMove = 1 }
        }
    }

    /// Escape leaves one thing at a time.
    private mutating func leave() {
        if isHelp {
            isHelp = false
        } else if columnCursor != nil {
            columnCursor = nil
        } else if isFiltering || (!filter.isEmpty && detail == nil) {
            isFiltering = false
            filter = ""
        } else if detail != nil {
            closeDetail()
        } else if isFull {
            isFull = false
        } else if moment != .live, !isReplay {
            moment = .live
        } else {
            selected = nil
        }
    }
}
