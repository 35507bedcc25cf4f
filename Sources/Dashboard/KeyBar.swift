/// The last row: what the keys do, in as many words as there is room for, never cut.
enum KeyBar {
    /// The row for a state, and the keys that its parts stand for; `matches` is how many peers the
    /// filter leaves, of how many.
    static func bar(
        _ state: ViewState,
        _ matches: (shown: Int, all: Int),
        width: Int
    ) -> (line: Line, keys: [(columns: Range<Int>, key: Key)]) {
        if !state.notice.isEmpty {
            let text = Line(state.notice, .strong).fitted(to: width, state.glyphsInUse)
            return (text, [])
        }
        if state.isFiltering {
            let line = Segments.fit(filtering(state, matches), width: width, gap: gap(width))
            return (line, [])
        }
        let items = state.columnCursor == nil ? commands(state) : choosing
        let placed = Segments.placed(items.map(\.segment), width: width, gap: gap(width))
        let keys = zip(placed.columns, items).filter { !$0.0.isEmpty }
        return (placed.line, keys.map { ($0.0, $0.1.key) })
    }

    /// The row alone.
    static func line(_ state: ViewState, _ matches: (shown: Int, all: Int), width: Int) -> Line {
        bar(state, matches, width: width).line
    }

    /// A key with what it does.
    private struct Item {
        let key: Key
        let segment: Segment
    }

    private static func gap(_ width: Int) -> Int { width < 32 ? 1 : 2 }

    private static func commands(_ state: ViewState) -> [Item] {
        let order = state.sort.map { $0.title.lowercased() } ?? "role"
        let enter = state.pane == .peers && state.detail == nil
        let back =
            state.isHelp || state.detail != nil || state.isFull || !state.filter.isEmpty
            || state.isFrozen
        return [
            item("q", "q", ["quit"], rank: 95, .required),
            item("?", "?", ["help"], rank: 90, .required),
            item("/", "/", ["filter"], rank: 70),
            item("s", "s", ["sort by \(order)", "sort"], rank: 60),
            item("t", "t", ["tree"], rank: 40),
            item("r", "r", ["rescues"], rank: 45),
            item("l", "l", ["loops"], rank: 35),
            enter ? item(.enter, "Enter", ["detail"], rank: 55) : nil,
            back ? item(.escape, "Esc", ["back"], rank: 80) : nil,
            state.channelCount > 1
                ? item("n", "n", ["next of \(state.channelCount) channels", "channel"], rank: 65)
                : nil,
            item(" ", "space", [state.isFrozen ? "go on" : "freeze"], rank: 75),
            item("[", "[ ]", ["time"], rank: 50),
            item("1", "1-9", ["panes"], rank: 30),
            item("c", "c", ["columns"], rank: 10),
            item("m", "m", [state.isMouseOn ? "mouse on" : "mouse off", "mouse"], rank: 20),
            item("g", "g", ["\(state.glyphsInUse.name) glyphs", "glyphs"], rank: 25),
            item("y", "y", ["copy"], rank: 28),
        ].compactMap { $0 }
    }

    private static let choosing: [Item] = [
        item(" ", "space", ["show or hide", "toggle"], rank: 90, .required),
        item("s", "s", ["sort by it", "sort"], rank: 85, .required),
        item(.escape, "Esc", ["done"], rank: 80, .required),
        item(.down, "j k", ["move"], rank: 50),
    ]

    private static func filtering(
        _ state: ViewState,
        _ matches: (shown: Int, all: Int)
    ) -> [Segment] {
        var field = Line("/", .key)
        field.add(state.filter, .strong)
        field.add("_", .key)
        var tail = Line("/", .key)
        tail.add(String(state.filter.suffix(8)), .strong)
        tail.add("_", .key)
        return [
            Segment(rank: 90, need: .required, [field, tail]),
            Segment(
                rank: 50,
                [
                    Line("\(matches.shown) of \(matches.all) peers match"),
                    Line("\(matches.shown)/\(matches.all)"),
                ]
            ),
            item(.enter, "Enter", ["keep"], rank: 40).segment,
            item(.escape, "Esc", ["clear"], rank: 45).segment,
        ]
    }

    private static func item(
        _ key: Key,
        _ name: String,
        _ labels: [String],
        rank: Int,
        _ need: Segment.Need = .optional
    ) -> Item {
        let named = labels.map { label in
            var line = Line(name, .key)
            line.add(" " + label, .dim)
            return line
        }
        let bare = need == .required ? [Line(name, .key)] : []
        return Item(key: key, segment: Segment(rank: rank, need: need, named + bare))
    }
}

extension Key: ExpressibleByExtendedGraphemeClusterLiteral {
    /// The key of a character.
    public init(extendedGraphemeClusterLiteral character: Character) {
        self = .character(character)
    }
}
