import Glibc
import Testing

@testable import Dashboard

@Suite struct TextWidthTests {
    @Test(
        "counts columns as a terminal does",
        arguments: [
            ("plain", 5), ("視聴者", 6), ("école", 5), ("e\u{301}cole", 5), ("👍", 2), ("─█⣿", 3),
            ("ｶﾅ", 2), ("한국", 4), ("", 0),
        ]
    )
    func columns(_ text: String, _ columns: Int) {
        #expect(TextWidth.columns(of: text) == columns)
        #expect(Line(text).width == columns)
    }

    @Test(
        "never draws what moves a cursor",
        arguments: [
            "\u{1B}", "\r", "\n", "\t", "\u{7F}", "\u{0}", "\u{85}", "\u{9B}", "\u{202E}",
            "\u{200B}",
            "\u{2028}", "\u{E0041}", "\u{FE0F}", "\u{E000}",
        ] as [Unicode.Scalar]
    )
    func forbidden(_ scalar: Unicode.Scalar) {
        #expect(TextWidth.columns(of: scalar) == nil)
        #expect(Line("a\(Character(scalar))b").text == "ab")
    }

    @Test("agrees with the C library on every character of the scripts that names are written in")
    func cLibrary() throws {
        let locale = try #require(newlocale(LC_CTYPE_MASK, "C.UTF-8", nil))
        defer { freelocale(locale) }
        let before = uselocale(locale)
        defer { uselocale(before) }
        let blocks: [ClosedRange<UInt32>] = [
            0x20...0x7E, 0xA1...0x2AF, 0x370...0x3FF, 0x410...0x4FF, 0x2500...0x259F,
            0x2801...0x28FF,
            0x3041...0x30FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xFF01...0xFF5E, 0x1F600...0x1F64F,
        ]
        var disagreements: [UInt32] = []
        for value in blocks.joined() {
            guard let scalar = Unicode.Scalar(value), let own = TextWidth.columns(of: scalar) else {
                continue
            }
            let theirs = columnsOfCLibrary(value)
            if theirs >= 0, theirs != own { disagreements.append(value) }
        }
        #expect(disagreements.isEmpty)
    }

    private func columnsOfCLibrary(_ value: UInt32) -> Int {
        Int(Screen.columnsOfCLibrary(value))
    }
}

@Suite struct LineTests {
    @Test("shortens with an ellipsis and never halves a wide character")
    func fitted() {
        #expect(Line("Malvolio").fitted(to: 8, .blocks).text == "Malvolio")
        #expect(Line("Malvolio").fitted(to: 5, .blocks).text == "Malv…")
        #expect(Line("視聴者").fitted(to: 5, .blocks).text == "視聴…")
        let halved = Line("視聴者").fitted(to: 4, .blocks)
        #expect(halved.text == "視 …")
        #expect(halved.width == 4)
        #expect(Line("Malvolio").fitted(to: 3, .ascii).text == "Ma~")
        #expect(Line("Malvolio").fitted(to: 0, .ascii).width == 0)
    }

    @Test("keeps at most two marks on a character and none without one")
    func marks() {
        let line = Line("\u{301}a" + String(repeating: "\u{301}", count: 50) + "b")
        #expect(line.width == 2)
        #expect(line.cells[0].marks.count == 2)
        #expect(line.cells[1].text == "b")
    }

    @Test("sets fields to the left and to the right in exactly their width")
    func fields() {
        var line = Line()
        line.add(Line("ab"), width: 4, aligned: .left, .blocks)
        line.add(Line("cd"), width: 4, aligned: .right, .blocks)
        line.add(Line("efghij"), width: 4, aligned: .right, .blocks)
        #expect(line.text == "ab    cdefg…")
    }

    @Test("breaks between words only")
    func wrapped() {
        let lines = Line.wrapped("one two three four", width: 9, style: .plain)
        #expect(lines.map(\.text) == ["one two", "three", "four"])
    }
}

@Suite struct CanvasTests {
    @Test("clips at its edges")
    func clips() {
        var canvas = Canvas(width: 5, height: 2)
        canvas.put("abcdefgh", at: Point(x: 3, y: 0))
        canvas.put("abcdefgh", at: Point(x: -6, y: 1))
        canvas.put("never", at: Point(x: 0, y: 2))
        canvas.put("never", at: Point(x: 9, y: 0))
        #expect(canvas.text == "   ab\ngh")
    }

    @Test("leaves out a wide character that would stand half outside")
    func wideAtEdge() {
        var canvas = Canvas(width: 3, height: 1)
        canvas.put("視聴", at: Point(x: 0, y: 0))
        #expect(canvas.text == "視")
        #expect(canvas.cells.map(\.width) == [2, 0, 1])
    }

    @Test("mends a wide character that is half overwritten")
    func overwritten() {
        var canvas = Canvas(width: 4, height: 1)
        canvas.put("視聴", at: Point(x: 0, y: 0))
        canvas.put("x", at: Point(x: 1, y: 0))
        #expect(canvas.cells.map(\.width) == [1, 1, 2, 0])
        canvas.put("y", at: Point(x: 2, y: 0))
        #expect(canvas.cells.map(\.width) == [1, 1, 1, 1])
        #expect(canvas.text == " xy")
    }

    @Test("refuses sizes that no terminal has")
    func sizes() {
        #expect(Canvas(width: -4, height: 3).cells.isEmpty)
        #expect(Canvas(width: .max, height: 1).width == 1_000)
    }

    @Test("leaves a meter full under the cursor")
    func chosen() {
        var line = Line("viewer ", .name)
        line.add("██▌░", .good)
        let chosen = line.chosen
        #expect(chosen.text == line.text)
        #expect(chosen.cells.prefix(7).allSatisfy { $0.style == .selected })
        #expect(chosen.cells.suffix(4).allSatisfy { $0.style == .good })
    }
}
