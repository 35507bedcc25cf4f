/// A run of cells: text that has been made safe, measured and styled.
struct Line: Sendable, Equatable {
    /// The cells; a wide character is followed by its right half.
    private(set) var cells: [Cell] = []

    /// An empty line.
    init() {}

    /// A line of one style.
    init(_ text: String, _ style: Style = .plain) { add(text, style) }

    /// A line of cells as they are.
    init(cells: [Cell]) { self.cells = cells }

    /// How many columns it takes.
    var width: Int { cells.count }

    /// The characters without their styles.
    var text: String { cells.filter { $0.width > 0 }.map(\.text).joined() }

    /// Appends text; what must never be drawn is dropped here, once for the whole dashboard.
    mutating func add(_ text: String, _ style: Style = .plain) {
        for scalar in text.unicodeScalars.prefix(Line.scalarsMax) {
            switch TextWidth.columns(of: scalar) {
            case 0: addMark(scalar)
            case 1: cells.append(Cell(base: scalar, style: style, width: 1))
            case 2:
                cells.append(Cell(base: scalar, style: style, width: 2))
                cells.append(.rightHalf(style))
            default: break
            }
        }
    }

    /// Appends one cell as it is.
    mutating func add(_ cell: Cell) { cells.append(cell) }

    /// Appends another line.
    mutating func add(_ line: Line) { cells += line.cells }

    /// Appends a field of exactly `width` columns, shortened with an ellipsis or filled up.
    mutating func add(_ field: Line, width: Int, aligned: Alignment, _ glyphs: GlyphSet) {
        let fitted = field.fitted(to: width, glyphs)
        let gap = [Cell](repeating: .blank, count: max(0, width - fitted.width))
        switch aligned {
        case .left: cells += fitted.cells + gap
        case .right: cells += gap + fitted.cells
        }
    }

    /// Fills up with spaces to a column.
    mutating func fill(to column: Int) {
        guard column > width else { return }
        cells += [Cell](repeating: .blank, count: column - width)
    }

    /// The line itself when it fits, else its beginning and an ellipsis.
    func fitted(to room: Int, _ glyphs: GlyphSet) -> Line {
        guard width > room else { return self }
        guard room > 0 else { return Line() }
        var short = Line()
        short.cells = Array(cells.prefix(room - 1))
        if cells[room - 1].width == 0, !short.cells.isEmpty {
            short.cells[room - 2] = .blank
        }
        short.add(glyphs.ellipsis, short.cells.last?.style ?? .plain)
        return short
    }

    /// The whole line in one other style.
    func restyled(_ style: Style) -> Line {
        var line = self
        for index in line.cells.indices { line.cells[index].style = style }
        return line
    }

    /// The line as the one under the cursor: reversed, but for filled blocks, which would look empty.
    var chosen: Line {
        var line = restyled(.selected)
        for (index, cell) in cells.enumerated() where ("▀"..."▟").contains(cell.base) {
            line.cells[index] = cell
        }
        return line
    }

    /// Breaks a text between words into lines of at most `width` columns.
    static func wrapped(_ text: String, width: Int, style: Style) -> [Line] {
        var lines: [Line] = []
        var current = Line()
        for word in text.split(separator: " ").prefix(scalarsMax) {
            let next = Line(String(word), style)
            if current.width > 0, current.width + 1 + next.width > width {
                lines.append(current)
                current = Line()
            }
            if current.width > 0 { current.add(" ", style) }
            current.add(next)
        }
        return lines + [current]
    }

    /// How many lines `wrapped` makes, without making them.
    static func wrappedCount(_ text: String, width: Int) -> Int {
        var count = 1
        var current = 0
        for word in text.split(separator: " ").prefix(scalarsMax) {
            let columns = word.unicodeScalars.prefix(scalarsMax).reduce(0) { sum, scalar in
                sum + (TextWidth.columns(of: scalar) ?? 0)
            }
            if current > 0, current + 1 + columns > width {
                count += 1
                current = 0
            }
            current += columns + (current > 0 ? 1 : 0)
        }
        return count
    }

    /// No line of text from outside is longer than this; no screen is either.
    private static let scalarsMax = 1_000

    private mutating func addMark(_ scalar: Unicode.Scalar) {
        guard let index = cells.lastIndex(where: { $0.width > 0 }) else { return }
        cells[index].add(mark: scalar)
    }
}

/// To which side of its column a field is set.
enum Alignment: Sendable {
    /// Text.
    case left
    /// Numbers.
    case right
}
