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
            item(rank: 90, .required, "q", ["quit"]),
            item(rank: 80, .required, "?", ["help"]),
            item(rank: 60, "tab 1-4", ["panes"]),
            item(rank: 50, glyphs.arrows, ["scroll"]),
            item(rank: 40, "s", ["sort by \(order)", "sort"]),
            item(rank: 55, "/", ["filter"]),
            item(rank: 30, "t", ["tree stripe", "tree"]),
            item(rank: 70, "space", [state.isFrozen ? "go on" : "freeze"]),
            item(rank: 20, "g", ["glyphs: \(glyphs.name)", "glyphs"]),
        ]
    }

    private static func filtering(
        _ state: ViewState, _ matches: (shown: Int, all: Int)
    ) -> [Segment] {
        var field = Line("/", .key)
        field.add(state.filter, .strong)
        field.add("_", .key)
        var tail = Line("/", .key)
        tail.add(String(state.filter.suffix(8)), .strong)
        tail.add("_", .key)
        return [
            Segment(rank: 90, .required, [field, tail]),
            Segment(
                rank: 50,
                [
                    Line("\(matches.shown) of \(matches.all) peers match"),
                    Line("\(matches.shown)/\(matches.all)"),
                ]),
            item(rank: 40, "enter", ["keep"]),
            item(rank: 45, "esc", ["clear"]),
        ]
    }

    private static func item(
        rank: Int, _ need: Segment.Need = .optional, _ key: String, _ labels: [String]
    ) -> Segment {
        let named = labels.map { label in
            var line = Line(key, .key)
            line.add(" " + label, .dim)
            return line
        }
        return Segment(rank: rank, need, named + [Line(key, .key)])
    }
}
