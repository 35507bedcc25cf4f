/// Paints pictures in 24-bit colour past ncurses, which has no more than 256 on most terminals.
enum TintWriter {
    /// The sequences for the tinted cells that differ from the canvas before; empty when none does.
    ///
    /// Cursor and attributes are saved and restored around them, so that ncurses' idea of both stays
    /// true.
    static func bytes(_ canvas: Canvas, _ before: Canvas?) -> [UInt8] {
        var text = ""
        var last: Tint?
        for y in 0..<canvas.height {
            var lastX: Int?
            for x in 0..<canvas.width {
                let cell = canvas[x, y]
                guard let tint = cell.tint, before?[x, y] != cell else { continue }
                if lastX != x - 1 { text += "\u{1B}[\(y + 1);\(x + 1)H" }
                text += sequence(tint, after: last)
                text.unicodeScalars.append(cell.base)
                (last, lastX) = (tint, x)
            }
        }
        return text.isEmpty ? [] : Array("\u{1B}7\(text)\u{1B}[0m\u{1B}8".utf8)
    }

    /// No more bytes than this are needed for rows of tints, here or through ncurses, whose colours take
    /// 11 bytes each.
    static func cost(_ rows: [[Tint]]) -> Int {
        // Save, restore and reset; a place per row; a half block is three bytes.
        var bytes = 8
        for row in rows {
            bytes += 10
            var last: Tint?
            for tint in row {
                bytes += 3
                if tint.ink != last?.ink { bytes += 8 + digits(tint.ink) }
                if tint.ground != last?.ground { bytes += 8 + digits(tint.ground) }
                last = tint
            }
        }
        return bytes
    }

    /// What changes the colours, only as far as they differ.
    private static func sequence(_ tint: Tint, after last: Tint?) -> String {
        let ink = tint.ink != last?.ink ? "38;2;\(channels(tint.ink))" : nil
        let ground = tint.ground != last?.ground ? "48;2;\(channels(tint.ground))" : nil
        let parts = [ink, ground].compactMap { $0 }
        return parts.isEmpty ? "" : "\u{1B}[\(parts.joined(separator: ";"))m"
    }

    /// The digits of the three channels, and what separates them.
    private static func digits(_ colour: UInt32) -> Int {
        func digits(_ channel: UInt32) -> Int { channel < 10 ? 1 : channel < 100 ? 2 : 3 }
        return 2 + digits(colour >> 16 & 0xFF) + digits(colour >> 8 & 0xFF) + digits(colour & 0xFF)
    }

    private static func channels(_ colour: UInt32) -> String {
        "\(colour >> 16 & 0xFF);\(colour >> 8 & 0xFF);\(colour & 0xFF)"
    }
}
