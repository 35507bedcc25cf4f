/// Paints pictures in 24-bit colour past ncurses, which has no more than 256 on most terminals.
enum TintWriter {
    /// The sequences for the tinted cells that differ from the canvas before; empty when none does.
    ///
    /// Cursor and attributes are saved and restored around them, so that ncurses' idea of both stays
    /// true.
    static func bytes(_ canvas: Canvas, _ before: Canvas?) -> [UInt8] {
        var text = ""
        for y in 0..<canvas.height {
            var last: (x: Int, tint: Tint)?
            for x in 0..<canvas.width {
                let cell = canvas[x, y]
                guard let tint = cell.tint, before?[x, y] != cell else { continue }
                if last?.x != x - 1 { text += "\u{1B}[\(y + 1);\(x + 1)H" }
                if last?.x != x - 1 || last?.tint != tint { text += sequence(tint) }
                text.unicodeScalars.append(cell.base)
                last = (x, tint)
            }
        }
        return text.isEmpty ? [] : Array("\u{1B}7\(text)\u{1B}[0m\u{1B}8".utf8)
    }

    private static func sequence(_ tint: Tint) -> String {
        "\u{1B}[38;2;\(channels(tint.ink));48;2;\(channels(tint.ground))m"
    }

    private static func channels(_ colour: UInt32) -> String {
        "\(colour >> 16 & 0xFF);\(colour >> 8 & 0xFF);\(colour & 0xFF)"
    }
}
