import Telemetry

/// A graph over time, the newest at the right: filled up to one value, weakly to a second one.
struct Graph {
    /// One step of time; nil where nothing is known.
    struct Column: Equatable {
        /// Filled up to here.
        var low: Double?
        /// Weakly up to here.
        var high: Double?
    }

    /// The characters to draw with.
    let glyphs: GlyphSet
    /// How many cells wide and high it is.
    let width, height: Int
    /// The value at the upper edge, above 0.
    let top: Double

    /// How many columns a graph of a width has: two a cell with braille, else one.
    static func columnCount(width: Int, _ glyphs: GlyphSet) -> Int {
        glyphs == .braille ? 2 * width : width
    }

    /// The rows from top to bottom; of too many columns the newest are drawn.
    func lines(_ columns: [Column]) -> [Line] {
        let count = Graph.columnCount(width: width, glyphs)
        let missing = max(0, count - columns.count)
        let empty = [Column](repeating: Column(), count: missing)
        let all = empty + columns.suffix(count)
        return (0..<height).map { row in
            var line = Line()
            for x in 0..<width { draw(cell: x, row: height - 1 - row, all, &line) }
            return line
        }
    }

    private func draw(cell x: Int, row: Int, _ columns: [Column], _ line: inout Line) {
        switch glyphs {
        case .braille: line.add(braille(columns[2 * x], columns[2 * x + 1], row), .graph)
        case .blocks: plain(columns[x], row, Graph.eighths, "░", &line)
        case .ascii: plain(columns[x], row, Graph.thirds, "'", &line)
        }
    }

    private static let eighths = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let thirds = [" ", ".", ":", "#"]
    /// The dots of a braille cell from below, left and right.
    private static let dots: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]

    private func plain(
        _ column: Column,
        _ row: Int,
        _ steps: [String],
        _ weak: String,
        _ line: inout Line
    ) {
        let each = steps.count - 1
        let level = min(each, max(0, filled(column.low, each) - row * each))
        if level > 0 {
            line.add(steps[level], .graph)
        } else if 2 * (filled(column.high, each) - row * each) > each {
            line.add(weak, .graphWeak)
        } else {
            line.add(" ")
        }
    }

    private func braille(_ left: Column, _ right: Column, _ row: Int) -> String {
        var value: UInt32 = 0x2800
        for (side, column) in [left, right].enumerated() {
            let level = min(4, max(0, filled(column.low, 4) - row * 4))
            for dot in 0..<level { value |= Graph.dots[side][dot] }
            // Only the outline of what is drawn weakly.
            let edge = filled(column.high, 4) - 1 - row * 4
            if (0..<4).contains(edge) { value |= Graph.dots[side][edge] }
        }
        return value == 0x2800 ? " " : Unicode.Scalar(value).map { String($0) } ?? " "
    }

    /// How many steps a value fills; the known is at least one, so that 0 is not the unknown.
    private func filled(_ value: Double?, _ each: Int) -> Int {
        guard let value, value.isFinite, top > 0 else { return 0 }
        let steps = Double(height * each) * min(max(0, value / top), 1)
        return max(1, Int(steps.rounded()))
    }

    /// The least round number that is not below the values: coarse enough to stand still for a while, fine
    /// enough that a graph fills more than half of its height.
    static func scale(_ values: [Double], least: Double) -> Double {
        let greatest = min(values.filter(\.isFinite).max() ?? 0, 1e15)
        var size = least
        while size < greatest {
            for factor in [1.5, 2, 3, 4, 6, 8, 10] where size * factor >= greatest {
                return size * factor
            }
            size *= 10
        }
        return size
    }
}

/// Measures of a history in steps of time that do not slide: a step ends when its time is over, so
/// that a graph stands still meanwhile.
struct Timeline {
    /// The steps that a cell may stand for, in seconds.
    private static let steps = [2.0, 5, 10, 20, 60]

    private let entries: ArraySlice<History.Entry>
    /// How many seconds each cell of a graph stands for.
    let perCell: Double
    private let count: Int
    private let perColumn: Double

    /// Takes as much of the past as fits into a graph of a width, at most `span` seconds of it.
    init(_ scene: Scene, width: Int, span: Double, _ glyphs: GlyphSet) {
        count = Graph.columnCount(width: width, glyphs)
        let all = scene.window(span)
        let length = (all.last?.time ?? 0) - (all.first?.time ?? 0)
        let cells = Double(max(1, width))
        perCell = Timeline.steps.first { $0 * cells >= length } ?? Timeline.steps[4]
        perColumn = perCell * cells / Double(max(1, count))
        entries = all
    }

    /// The columns of a measure: the mean of what a step has for `low`, the greatest for `high`.
    func columns(_ measure: (SwarmSnapshot) -> Graph.Column) -> [Graph.Column] {
        columns(rows { measure($0) })
    }

    /// What is looked up once in each snapshot, with its time.
    func rows<Row>(_ row: (SwarmSnapshot) -> Row?) -> [(time: Double, row: Row?)] {
        entries.map { ($0.time, row($0.snapshot)) }
    }

    /// The columns of a measure of rows that were looked up.
    func columns(
        _ rows: [(time: Double, row: PeerRow?)],
        _ value: KeyPath<PeerRow, Double?>
    ) -> [Graph.Column] {
        columns(rows.map { ($0.time, Graph.Column(low: $0.row?[keyPath: value])) })
    }

    private func columns(_ rows: [(time: Double, row: Graph.Column?)]) -> [Graph.Column] {
        guard let newest = entries.last, count > 0 else { return [] }
        // The last cell is the one that time is in, whichever of its columns.
        let ratio = perCell / perColumn
        let last = ((newest.time / perCell).rounded(.down) + 1) * ratio - 1
        var sums = [(sum: Double, count: Int, high: Double?)](
            repeating: (0, 0, nil),
            count: count
        )
        for (time, value) in rows {
            let at = count - 1 - Int(last - (time / perColumn).rounded(.down))
            guard sums.indices.contains(at), let value else { continue }
            if let low = value.low, low.isFinite {
                sums[at].sum += low
                sums[at].count += 1
            }
            if let high = value.high, high.isFinite {
                sums[at].high = max(sums[at].high ?? high, high)
            }
        }
        return sums.map { sum in
            Graph.Column(low: sum.count > 0 ? sum.sum / Double(sum.count) : nil, high: sum.high)
        }
    }
}
