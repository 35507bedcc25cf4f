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

    /// No refresh of a picture takes more bytes than this.
    static let bytesMax = 25_000
    /// So many cells at about 25 bytes each: what neighbours share costs nothing.
    private static let cellsMax = 1_000.0
    /// How far apart the shades of a channel are: coarser ones where the picture would cost too much,
    /// but none that the eye takes for stains.
    private static let steps: [UInt32] = [4, 8, 16]

    /// The content of the pane.
    func content() -> PaneContent {
        guard let picture else {
            return PaneContent([Line(state.pictureHint, .dim)])
        }
        var content = PaneContent(
            state.isColourless || state.glyphsInUse == .ascii ? greys(picture) : tints(picture)
        )
        content.note = "\(picture.width)x\(picture.height)"
        return content
    }

    /// The cells of a picture that keeps its shape: a cell is twice as high as wide.
    private func fitted(_ picture: Picture, cells: Double) -> (columns: Int, rows: Int) {
        guard width > 0, height > 0 else { return (0, 0) }
        let ratio = Double(picture.width) / Double(picture.height)
        let most = (cells * 2 * ratio).squareRoot()
        let columns = min(Double(width), 2 * Double(height) * ratio, max(1, most))
        return (max(1, Int(columns)), max(1, min(height, Int((columns / ratio / 2).rounded()))))
    }

    /// Two pixels in each cell, in no finer shades than there are bytes for.
    private func tints(_ picture: Picture) -> [Line] {
        var cells = PictureView.cellsMax
        while true {
            let rows = means(picture, fitted(picture, cells: cells))
            for step in PictureView.steps {
                let coarse = rows.map { row in row.map { PictureView.coarsened($0, step) } }
                guard TintWriter.cost(coarse) <= PictureView.bytesMax else { continue }
                return coarse.map { row in
                    Line(cells: row.map { Cell(base: "▀", style: .plain, width: 1, tint: $0) })
                }
            }
            // Where no two neighbours are alike, a smaller picture shows more than a coarser one.
            cells *= 0.8
        }
    }

    private func greys(_ picture: Picture) -> [Line] {
        let ramp = state.glyphsInUse == .ascii ? PictureView.ramp : PictureView.shades
        return means(picture, fitted(picture, cells: .infinity)).map { row in
            var line = Line()
            for tint in row {
                let grey = (Picture.brightness(tint.ink) + Picture.brightness(tint.ground)) / 2
                line.add(ramp[min(ramp.count - 1, Int(grey * Double(ramp.count)))])
            }
            return line
        }
    }

    private func means(_ picture: Picture, _ size: (columns: Int, rows: Int)) -> [[Tint]] {
        func span(_ at: Int, of count: Int, _ size: Int) -> Range<Int> {
            let first = at * size / count
            return first..<max(first + 1, (at + 1) * size / count)
        }
        return (0..<size.rows).map { y in
            (0..<size.columns).map { x in
                let across = span(x, of: size.columns, picture.width)
                let upper = span(2 * y, of: 2 * size.rows, picture.height)
                let lower = span(2 * y + 1, of: 2 * size.rows, picture.height)
                return Tint(
                    ink: picture.mean(x: across, y: upper),
                    ground: picture.mean(x: across, y: lower)
                )
            }
        }
    }

    private static func coarsened(_ tint: Tint, _ step: UInt32) -> Tint {
        Tint(ink: coarsened(tint.ink, step), ground: coarsened(tint.ground, step))
    }

    /// Each channel at the nearest of a few shades, black and white among them.
    private static func coarsened(_ colour: UInt32, _ step: UInt32) -> UInt32 {
        func channel(_ shift: UInt32) -> UInt32 {
            min(255, ((colour >> shift & 0xFF) + step / 2) / step * step) << shift
        }
        return channel(16) | channel(8) | channel(0)
    }
}
