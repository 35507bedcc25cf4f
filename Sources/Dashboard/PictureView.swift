/// The picture that plays now, two pixels in each cell, or in grey characters without colours.
struct PictureView {
    private let picture: Picture?
    private let state: ViewState
    private let width, height: Int

    private static let ramp: [String] = " .:-=+*#%@".map { String($0) }
    private static let shades = [" ", "░", "▒", "▓", "█"]

    /// Prepares a picture for a pane of a size.
    init(_ picture: Picture?, _ state: ViewState, width: Int, height: Int) {
        self.picture = picture
        self.state = state
        self.width = width
        self.height = height
    }

    /// The content of the pane.
    func content() -> PaneContent {
        guard let picture else { return PaneContent([Line("no picture here", .dim)]) }
        let (columns, rows) = fitted(picture)
        var content = PaneContent(
            (0..<rows).map { row in
                var line = Line()
                for column in 0..<columns { line.add(cell(picture, column, row, columns, rows)) }
                return line
            }
        )
        content.note = "\(picture.width)x\(picture.height)"
        return content
    }

    /// The cells of a picture that keeps its shape: a cell is twice as high as wide.
    private func fitted(_ picture: Picture) -> (columns: Int, rows: Int) {
        guard width > 0, height > 0 else { return (0, 0) }
        let ratio = Double(picture.width) / Double(picture.height)
        let columns = min(Double(width), 2 * Double(height) * ratio)
        return (max(1, Int(columns)), max(1, min(height, Int((columns / ratio / 2).rounded()))))
    }

    private func cell(_ picture: Picture, _ x: Int, _ y: Int, _ columns: Int, _ rows: Int) -> Cell {
        func span(_ at: Int, of count: Int, _ size: Int) -> Range<Int> {
            let first = at * size / count
            return first..<max(first + 1, (at + 1) * size / count)
        }
        let across = span(x, of: columns, picture.width)
        let upper = picture.mean(x: across, y: span(2 * y, of: 2 * rows, picture.height))
        let lower = picture.mean(x: across, y: span(2 * y + 1, of: 2 * rows, picture.height))
        if state.isColourless || state.glyphsInUse == .ascii {
            let grey = (Picture.brightness(upper) + Picture.brightness(lower)) / 2
            let ramp = state.glyphsInUse == .ascii ? PictureView.ramp : PictureView.shades
            let glyph = ramp[min(ramp.count - 1, Int(grey * Double(ramp.count)))]
            return Line(glyph).cells[0]
        }
        let tint = Tint(ink: upper, ground: lower)
        return Cell(base: "▀", style: .plain, width: 1, tint: tint)
    }
}
