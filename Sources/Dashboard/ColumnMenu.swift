/// The choice of the table's columns, in the place of the table.
struct ColumnMenu {
    /// The row under the cursor.
    let cursor: Int
    /// What the user chose.
    let state: ViewState

    /// The content of the pane.
    func content() -> PaneContent {
        let columns = PeerColumn.allCases
        var content = PaneContent(count: columns.count) { row($0, columns[$0]) }
        content.title = "Columns"
        content.note = "space shows or hides, s sorts, esc is done"
        content.followed = cursor
        return content
    }

    private func row(_ index: Int, _ column: PeerColumn) -> Line {
        let isHidden = state.columnsHidden.contains(column)
        var line = Line(index == cursor ? state.glyphsInUse.pointer : " ", .focus)
        line.add(isHidden ? " [ ] " : " [x] ", .key)
        line.add(column.title, isHidden ? .dim : .strong)
        if column == state.sort {
            let isDescending = column.startsWithGreatest != state.isReversed
            let glyphs = state.glyphsInUse
            line.add(isDescending ? glyphs.descending : glyphs.ascending, .focus)
        }
        line.fill(to: 16)
        line.add(column.meaning, .dim)
        return index == cursor ? line.restyled(.selected) : line
    }
}
