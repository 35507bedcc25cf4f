/// A place on a canvas, counted from the upper left corner.
public struct Point: Sendable, Equatable {
    /// The column from 0.
    public var x: Int
    /// The row from 0.
    public var y: Int

    /// Makes a point.
    public init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }
}

/// A rectangle of cells.
public struct Rect: Sendable, Equatable {
    /// The leftmost column.
    public var x: Int
    /// The uppermost row.
    public var y: Int
    /// How many columns.
    public var width: Int
    /// How many rows.
    public var height: Int

    /// Makes a rectangle.
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// Whether a place is inside.
    func contains(_ point: Point) -> Bool {
        (x..<x + width).contains(point.x) && (y..<y + height).contains(point.y)
    }

    /// The rectangle without `count` cells at each side.
    func inset(_ count: Int) -> Rect {
        Rect(x: x + count, y: y + count, width: width - 2 * count, height: height - 2 * count)
    }
}

/// A screen as a value: what the dashboard draws on, and what tests look at.
public struct Canvas: Sendable, Equatable {
    /// How many columns, from 0 up to 1000.
    public let width: Int
    /// How many rows, from 0 up to 1000.
    public let height: Int
    /// The cells, row by row.
    public private(set) var cells: [Cell]

    /// An empty canvas; sizes are cut to 0…1000.
    public init(width: Int, height: Int) {
        self.width = min(max(0, width), 1_000)
        self.height = min(max(0, height), 1_000)
        cells = [Cell](repeating: .blank, count: self.width * self.height)
    }

    /// The cell at a place inside; a blank outside.
    public subscript(x: Int, y: Int) -> Cell {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return .blank }
        return cells[y * width + x]
    }

    /// Puts text, clipped at the right edge; control characters are dropped.
    public mutating func put(_ text: String, at point: Point, style: Style = .plain) {
        put(Line(text, style), at: point)
    }

    /// Puts a line, clipped to `room` columns and to the canvas.
    mutating func put(_ line: Line, at point: Point, room: Int = .max) {
        guard (0..<height).contains(point.y), (-2_000..<width).contains(point.x) else {
            return
        }
        let space = min(room, width - point.x)
        for (offset, cell) in line.cells.prefix(max(0, space)).enumerated() {
            let x = point.x + offset
            guard x >= 0 else { continue }
            let isCut = cell.width == 2 && offset + 1 >= space
            let isHead = cell.width == 0 && x == 0
            set(isCut || isHead ? .blank : cell, x, point.y)
        }
    }

    /// Blanks a rectangle.
    mutating func clear(_ rect: Rect) {
        for y in rect.y..<rect.y + rect.height {
            put(
                Line(String(repeating: " ", count: min(rect.width, width))),
                at: Point(x: rect.x, y: y),
                room: rect.width
            )
        }
    }

    /// Draws a frame along the inside of a rectangle of at least 2×2.
    mutating func box(_ rect: Rect, _ style: Style, _ glyphs: GlyphSet) {
        guard rect.width >= 2, rect.height >= 2 else { return }
        let frame = glyphs.frame
        let bar = String(repeating: frame.horizontal, count: rect.width - 2)
        put(frame.topLeft + bar + frame.topRight, at: Point(x: rect.x, y: rect.y), style: style)
        for y in rect.y + 1..<rect.y + rect.height - 1 {
            put(frame.vertical, at: Point(x: rect.x, y: y), style: style)
            put(frame.vertical, at: Point(x: rect.x + rect.width - 1, y: y), style: style)
        }
        let bottom = Point(x: rect.x, y: rect.y + rect.height - 1)
        put(frame.bottomLeft + bar + frame.bottomRight, at: bottom, style: style)
    }

    /// The characters of a row without the spaces at its end.
    public func text(row: Int) -> String {
        guard (0..<height).contains(row) else { return "" }
        var text = ""
        for cell in cells[row * width..<(row + 1) * width] where cell.width > 0 {
            text += cell.text
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// All rows, each without the spaces at its end, separated by line feeds.
    public var text: String { (0..<height).map { text(row: $0) }.joined(separator: "\n") }

    /// Sets a cell and mends the neighbours whose wide character it halves.
    private mutating func set(_ cell: Cell, _ x: Int, _ y: Int) {
        let index = y * width + x
        if cells[index].width == 0, x > 0, cell.width != 0 { cells[index - 1] = .blank }
        if cells[index].width == 2, x + 1 < width { cells[index + 1] = .blank }
        cells[index] = cell
    }
}
