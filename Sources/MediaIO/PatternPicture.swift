import Basics

/// Draws the test picture: colour bars, a block that moves once across per four seconds, and below
/// it the time of day in UTC and the frame's number.
///
/// The bars never change, and what changes is grey: only the luma plane is drawn anew.
struct PatternPicture {
    /// One colour in Y, Cb, Cr of limited range.
    private struct Colour {
        let luma: UInt8
        let blue: UInt8
        let red: UInt8
    }

    /// White, yellow, cyan, green, magenta, red, blue at 75 % (ITU-R BT.471), in BT.601 numbers.
    private static let bars = [
        Colour(luma: 180, blue: 128, red: 128), Colour(luma: 162, blue: 44, red: 142),
        Colour(luma: 131, blue: 156, red: 44), Colour(luma: 112, blue: 72, red: 58),
        Colour(luma: 84, blue: 184, red: 198), Colour(luma: 65, blue: 100, red: 212),
        Colour(luma: 35, blue: 212, red: 114),
    ]
    private static let black: UInt8 = 16
    private static let grey: UInt8 = 60
    private static let white: UInt8 = 235
    private static let neutral: UInt8 = 128
    private static let secondsAcross = 4

    private let format: PatternFormat
    private let barsHeight: Int
    private let stripHeight: Int
    private let bandsLuma: [UInt8]

    /// The blue difference plane, a quarter of the picture; the same in every frame.
    let planeBlue: [UInt8]
    /// The red difference plane.
    let planeRed: [UInt8]
    /// The luma plane, of the frame that was drawn last.
    private(set) var planeLuma: [UInt8]

    /// Prepares what stays the same.
    init(_ format: PatternFormat) {
        self.format = format
        barsHeight = format.height * 6 / 10 / 2 * 2
        stripHeight = format.height / 10
        let (width, height) = (format.width, format.height)
        let row = (0..<width).map { PatternPicture.bars[$0 * 7 / width] }
        var luma = [UInt8](repeating: PatternPicture.black, count: width * height)
        for y in 0..<barsHeight {
            luma.replaceSubrange(y * width..<(y + 1) * width, with: row.map(\.luma))
        }
        bandsLuma = luma
        planeLuma = luma
        let half = stride(from: 0, to: width, by: 2).map { row[$0] }
        let rest = [UInt8](
            repeating: PatternPicture.neutral,
            count: width / 2 * (height - barsHeight) / 2
        )
        planeBlue = (0..<barsHeight / 2).flatMap { _ in half.map(\.blue) } + rest
        planeRed = (0..<barsHeight / 2).flatMap { _ in half.map(\.red) } + rest
    }

    /// Draws a frame's luma: its number and the time of day that it shows.
    mutating func draw(frame: Int, timeOfDay: TimeSpan) {
        planeLuma = bandsLuma
        drawBlock(frame)
        let text =
            PatternPicture.clock(timeOfDay) + "  " + PatternPicture.padded(frame % 10_000_000, 7)
        let scale = max(1, format.width / ((text.count + 1) * BitmapFont.advance))
        let top = barsHeight + stripHeight
        let space = format.height - top - scale * BitmapFont.height
        let left = (format.width - scale * BitmapFont.advance * text.count) / 2
        write(text, left: max(0, left), top: top + max(0, space / 2), scale: scale)
    }

    private mutating func drawBlock(_ frame: Int) {
        fill(0..<format.width, barsHeight..<barsHeight + stripHeight, PatternPicture.grey)
        let side = max(2, stripHeight)
        let period = format.framesPerSecond * PatternPicture.secondsAcross
        let left = (format.width - side) * (frame % period) / period
        fill(left..<left + side, barsHeight..<barsHeight + stripHeight, PatternPicture.white)
    }

    private mutating func write(_ text: String, left: Int, top: Int, scale: Int) {
        var column = left
        for character in text {
            for (y, bits) in BitmapFont.rows(of: character).enumerated() {
                for x in 0..<BitmapFont.width where bits >> (BitmapFont.width - 1 - x) & 1 == 1 {
                    let from = (column + x * scale, top + y * scale)
                    fill(from.0..<from.0 + scale, from.1..<from.1 + scale, PatternPicture.white)
                }
            }
            column += BitmapFont.advance * scale
        }
    }

    /// Fills a rectangle of the luma plane, cut to the picture.
    private mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>, _ luma: UInt8) {
        let columns = columns.clamped(to: 0..<format.width)
        for y in rows.clamped(to: 0..<format.height) {
            let start = y * format.width
            for x in columns { planeLuma[start + x] = luma }
        }
    }

    /// A time of day as `12:34:56.789`.
    static func clock(_ time: TimeSpan) -> String {
        let milliseconds = Int(max(0, time.nanoseconds) / 1_000_000) % 86_400_000
        let seconds = milliseconds / 1_000
        let parts = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return parts.joined(separator: ":") + "." + padded(milliseconds % 1_000, 3)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
