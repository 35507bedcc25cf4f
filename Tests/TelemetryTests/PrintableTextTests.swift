import Basics
import Telemetry
import Testing

@Suite("PrintableText")
struct PrintableTextTests {
    @Test(
        "leaves ordinary text alone",
        arguments: [
            "", "Anna", "Søren Ågård", "日本語テレビ", "العربية", "हिन्दी", "e\u{301}", "🎥 live", "a b",
        ]
    )
    func ordinary(_ text: String) {
        #expect(PrintableText.clean(text) == text)
    }

    @Test(
        "strips what could move the cursor, hide or forge",
        arguments: [
            ("\u{1B}]0;pwn\u{7}a", "]0;pwna"),
            ("\u{1B}[6n", "[6n"),
            ("a\u{9B}31mb", "a31mb"),
            ("a\r\nb\tc\u{8}d\u{7F}e\u{0}f", "abcdef"),
            ("a\u{202E}b\u{2066}c\u{2069}", "abc"),
            ("a\u{200B}b\u{200D}c\u{FEFF}d\u{2060}e", "abcde"),
            ("a\u{2028}b\u{2029}c", "abc"),
            ("a\u{FE0F}b\u{E0101}c\u{180B}d\u{034F}e", "abcde"),
            ("a\u{E0041}b\u{E007F}", "ab"),
            ("a\u{E000}b\u{F0000}", "ab"),
            ("\u{3164}\u{115F}\u{FFA0}x", "x"),
            ("a\u{0378}b\u{FFFF}", "ab"),
        ]
    )
    func hostile(_ text: String, _ cleaned: String) {
        #expect(PrintableText.clean(text) == cleaned)
    }

    @Test("cuts to 32 graphemes and 128 bytes")
    func lengths() {
        #expect(PrintableText.clean(String(repeating: "x", count: 1_000_000)).count == 32)
        let wide = PrintableText.clean(String(repeating: "🎥", count: 40))
        #expect(wide == String(repeating: "🎥", count: 32))
        let zalgo = "z" + String(repeating: "\u{301}", count: 1_000)
        #expect(PrintableText.clean(zalgo).unicodeScalars.count == 4)
        let heavy = String(repeating: "a\u{301}\u{302}\u{303}", count: 40)
        #expect(PrintableText.clean(heavy).utf8.count <= 128)
    }

    @Test("nothing that comes out is a control, whatever goes in")
    func randomText() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<5_000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<random.below(60) {
                let range = random.below(2) == 0 ? 0x3000 : 0x11_0000
                if let scalar = Unicode.Scalar(UInt32(random.below(range))) {
                    scalars.append(scalar)
                }
            }
            let cleaned = PrintableText.clean(String(scalars))
            #expect(cleaned.count <= 32 && cleaned.utf8.count <= 128)
            #expect(cleaned.unicodeScalars.allSatisfy(isHarmless))
        }
    }

    private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        return value >= 0x20 && !(0x7F..<0xA0).contains(value)
            && !(0x200B...0x200F).contains(value) && !(0x2028...0x202E).contains(value)
            && !(0x2060...0x206F).contains(value) && !(0xE0000...0xE0FFF).contains(value)
    }
}
