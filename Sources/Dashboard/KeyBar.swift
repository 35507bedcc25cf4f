import Telemetry

/// The last row: what the keys do, in as many words as there is room for, never cut.
enum KeyBar {
    /// The row for a state; `matches` is how many peers the filter leaves, of how many.
    static func line(_ state: ViewState, _ matches: (shown: Int, all: Int), width: Int) -> Line {
        let segments = state.isFiltering ? filtering(state, matches) : commands(state)
        return Segments.fit(segments, width: width, gap: width < 32 ? 1 : 2)
    }

    private static func commands(_ state: ViewState) -> [Segment] {
        let glyphs = state.glyphsInUse
        let order = state.sort.map { $0.title.lowercased() } ?? "role"
        return [
            item("q", ["quit"], rank: 90, .required),
            item("?", ["help"], rank: 80, .required),
            item("tab 1-4", ["panes"], rank: 60),
            item(glyphs.arrows, ["scroll"], rank: 50),
            item("s", ["sort by \(order)", "sort"], rank: 40),
            item("/", ["filter"], rank: 55),
            item("t", ["tree stripe", "tree"], rank: 30),
            item("space", [state.isFrozen ? "go on" : "freeze"], rank: 70),
            item("g", ["\(glyphs.name) glyphs", "glyphs"], rank: 20),
        ]
    }

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
            item("enter", ["keep"], rank: 40),
            item("esc", ["clear"], rank: 45),
        ]
    }

    private static func item(
        _ key: String,
        _ labels: [String],
        rank: Int,
        _ need: Segment.Need = .optional
    ) -> Segment {
        let named = labels.map { label in
            var line = Line(key, .key)
            line.add(" " + label, .dim)
            return line
        }
        let bare = need == .required ? [Line(key, .key)] : []
        return Segment(rank: rank, need: need, named + bare)
    }
}
