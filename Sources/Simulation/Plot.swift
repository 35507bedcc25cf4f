/// A plot of lines over two axes, as an SVG element that a page's style sheet colours.
///
/// The classes `s0` to `s3` are the series' colours, `grid`, `axis` and `mark` the rest, so that one
/// plot serves light and dark.
struct Plot {
    /// One line.
    struct Series {
        var name: String
        var points: [(x: Double, y: Double)]
        var shape = Shape.line
    }

    /// How a line goes from point to point.
    enum Shape {
        case line
        /// Level up to the next point, as distributions are.
        case steps
    }

    var title: String
    var xLabel: String
    var yLabel: String
    var series: [Series]
    /// Instants that are marked with their numbers from 1, and what they are.
    var marks: [(x: Double, text: String)] = []
    /// Shows at least this part of the y axis.
    var yRange: ClosedRange<Double>?
    /// Where the x axis begins.
    var xStart = Start.zero

    /// Where an axis begins.
    enum Start {
        /// At zero, or at what is below.
        case zero
        /// At the data where these are far from zero.
        case data
    }

    private static let (width, height) = (560.0, 260.0)
    private static let (left, right, top, bottom) = (56.0, 14.0, 34.0, 44.0)
    /// More points than pixels show nothing more.
    private static let pointsMax = 600

    /// The element.
    var svg: String {
        let points = series.flatMap(\.points)
        guard let xFirst = points.map(\.x).min(), let xLast = points.map(\.x).max(),
            let yLow = points.map(\.y).min(), let yHigh = points.map(\.y).max()
        else { return empty }
        let low = min(0, min(yLow, yRange?.lowerBound ?? yLow))
        let high = max(yHigh, yRange?.upperBound ?? yHigh)
        let isFar = xStart == .data && xFirst > xLast / 2
        let frame = Frame(
            x: Axis(from: isFar ? xFirst : min(0, xFirst), to: xLast),
            y: Axis(from: low, to: high)
        )
        let lines = series.enumerated().map { line($0.element, $0.offset, frame) }
        return opening + grid(frame) + marked(frame) + lines.joined() + labels + "</svg>\n"
    }

    /// The two axes and where they lie.
    private struct Frame {
        var x: Axis
        var y: Axis

        func left(_ value: Double) -> Double {
            Plot.left + x.part(value) * (Plot.width - Plot.left - Plot.right)
        }
        func top(_ value: Double) -> Double {
            Plot.height - Plot.bottom - y.part(value) * (Plot.height - Plot.top - Plot.bottom)
        }
    }

    /// The values that an axis spans, and its ticks.
    struct Axis {
        var ticks: [Double]
        private let low: Double
        private let high: Double

        /// Widens the span to whole ticks, of which there are about five: multiples of 1, 2 or 5.
        init(from low: Double, to high: Double) {
            let span = max(high - low, max(1e-9, abs(high) * 1e-9))
            var step = 1.0
            while step > span / 5 { step /= 10 }
            while step * 10 <= span / 5 { step *= 10 }
            for factor in [5.0, 2] where step * factor <= span / 4 {
                step *= factor
                break
            }
            let first = (low / step).rounded(.down)
            let count = Int(((high / step).rounded(.up) - first).rounded())
            ticks = (0...max(1, min(40, count))).map { (first + Double($0)) * step }
            self.low = ticks[0]
            self.high = ticks[ticks.count - 1]
        }

        /// Where a value lies, 0…1.
        func part(_ value: Double) -> Double { (value - low) / (high - low) }
    }

    private var opening: String {
        """
        <svg viewBox="0 0 \(Int(Plot.width)) \(Int(Plot.height))" role="img" \
        aria-label="\(HTML.escaped(title))">
        <text class="title" x="\(Int(Plot.left))" y="16">\(HTML.escaped(title))</text>

        """
    }

    private var empty: String {
        opening + "<text class=\"note\" x=\"56\" y=\"120\">nothing was measured</text></svg>\n"
    }

    private func grid(_ frame: Frame) -> String {
        var text = ""
        let (bottom, end) = (Plot.height - Plot.bottom, Plot.width - Plot.right)
        for tick in frame.y.ticks {
            let y = HTML.number(frame.top(tick), 1)
            text += "<line class=\"grid\" x1=\"\(Int(Plot.left))\" x2=\"\(Int(end))\" "
            text += "y1=\"\(y)\" y2=\"\(y)\"/>"
            text += "<text class=\"tick\" text-anchor=\"end\" x=\"\(Int(Plot.left - 6))\" "
            text += "y=\"\(y)\" dy=\"4\">\(HTML.short(tick))</text>\n"
        }
        for tick in frame.x.ticks {
            let x = HTML.number(frame.left(tick), 1)
            text += "<line class=\"axis\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Int(bottom))\" "
            text += "y2=\"\(Int(bottom + 4))\"/>"
            text += "<text class=\"tick\" text-anchor=\"middle\" x=\"\(x)\" "
            text += "y=\"\(Int(bottom + 16))\">\(HTML.short(tick))</text>\n"
        }
        return text
    }

    private func marked(_ frame: Frame) -> String {
        let (top, bottom) = (Int(Plot.top), Int(Plot.height - Plot.bottom))
        var text = ""
        var free = -Double.infinity
        for (number, mark) in marks.prefix(60).enumerated() {
            let left = frame.left(mark.x)
            let x = HTML.number(left, 1)
            text += "<line class=\"mark\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" y2=\"\(bottom)\">"
            text += "<title>\(HTML.escaped(mark.text))</title></line>\n"
            // Numbers that would run into each other are left out.
            guard left >= free else { continue }
            free = left + 14
            text += "<text class=\"number\" text-anchor=\"middle\" x=\"\(x)\" "
            text += "y=\"\(top - 3)\">\(number + 1)</text>\n"
        }
        return text
    }

    private func line(_ series: Series, _ at: Int, _ frame: Frame) -> String {
        let points = Plot.thinned(series.points)
        var path = ""
        for (number, point) in points.enumerated() {
            let x = HTML.number(frame.left(point.x), 1)
            let y = HTML.number(frame.top(point.y), 1)
            switch series.shape {
            case _ where number == 0: path += "M\(x) \(y)"
            case .line: path += "L\(x) \(y)"
            case .steps: path += "H\(x)V\(y)"
            }
        }
        let title = "<title>\(HTML.escaped(series.name))</title>"
        return "<path class=\"series s\(at % 4)\" d=\"\(path)\">\(title)</path>\n"
    }

    /// Every so manieth point, and the last.
    private static func thinned(
        _ points: [(x: Double, y: Double)]
    ) -> [(x: Double, y: Double)] {
        let step = max(1, points.count / pointsMax)
        guard step > 1, let last = points.last else { return points }
        return stride(from: 0, to: points.count - 1, by: step).map { points[$0] } + [last]
    }

    private var labels: String {
        let middle = Int((Plot.left + Plot.width - Plot.right) / 2)
        var text = "<text class=\"label\" text-anchor=\"middle\" x=\"\(middle)\" "
        text += "y=\"\(Int(Plot.height - 6))\">\(HTML.escaped(xLabel))</text>"
        text += "<text class=\"label\" text-anchor=\"middle\" "
        text += "transform=\"translate(13 \(Int((Plot.height - 10) / 2))) rotate(-90)\">"
        text += "\(HTML.escaped(yLabel))</text>\n"
        guard series.count > 1 else { return text }
        var x = Int(Plot.width - Plot.right)
        for (at, one) in series.enumerated().reversed() {
            text += "<text class=\"legend s\(at % 4)\" text-anchor=\"end\" x=\"\(x)\" "
            text += "y=\"16\">\(HTML.escaped(one.name))</text>\n"
            x -= 7 * one.name.count + 14
        }
        return text
    }
}
