import Testing

@testable import Dashboard

@Suite struct FiguresTests {
    private let figures = Figures(glyphs: .blocks)

    @Test("shows the unknown as a dash and never as 0")
    func unknown() {
        for value in [nil, Double.nan, .infinity] {
            #expect(figures.seconds(value) == "–")
            #expect(figures.secondsShort(value) == "–")
            #expect(figures.milliseconds(value) == "–")
            #expect(figures.portion(value) == "–")
            #expect(figures.loss(value) == "–")
            #expect(figures.rate(value) == "–")
            #expect(figures.rateInWords(value) == "–")
            #expect(figures.factor(value) == "–")
        }
        #expect(Figures(glyphs: .ascii).seconds(nil) == "-")
    }

    @Test(
        "shows times in seconds",
        arguments: [
            (0, "0.00s", "0.0s"), (412, "0.41s", "0.4s"), (9_990, "9.99s", "10s"),
            (12_340, "12.3s", "12s"), (99_960, "100s", "100s"), (5e9, ">999s", "999s"),
            (-30, "-0.03s", "0.0s"),
        ]
    )
    func seconds(_ value: Double, _ long: String, _ short: String) {
        #expect(figures.seconds(value) == long)
        #expect(figures.secondsShort(value) == short)
    }

    @Test("never rounds an imperfect continuity up to perfect, nor a loss down to none")
    func portions() {
        #expect(figures.portion(1) == "100%")
        #expect(figures.portion(0.99999) == "99.99%")
        #expect(figures.portion(0.9899) == "98.9%")
        #expect(figures.portion(0) == "0.0%")
        #expect(figures.loss(0) == "0%")
        #expect(figures.loss(0.0001) == "<0.1%")
        #expect(figures.loss(0.004) == "0.4%")
        #expect(figures.loss(0.12) == "12%")
    }

    @Test(
        "shows rates with their unit",
        arguments: [
            (0, "0", "0 bit/s"), (950, "950", "950 bit/s"), (999_600, "1.0M", "1.0 Mbit/s"),
            (3_100_000, "3.1M", "3.1 Mbit/s"), (2.5e10, "25G", "25 Gbit/s"),
        ]
    )
    func rates(_ value: Double, _ short: String, _ words: String) {
        #expect(figures.rate(value) == short)
        #expect(figures.rateInWords(value) == words)
    }

    @Test("shows stretches of time and times of day")
    func times() {
        #expect(Figures.duration(42) == "0:42")
        #expect(Figures.duration(3_723) == "1:02:03")
        #expect(Figures.duration(400_000) == "4d 15:06")
        #expect(Figures.duration(.nan) == "0:00")
        #expect(Figures.clock(43_205, offset: 0) == "12:00:05")
        #expect(Figures.clock(10, offset: -3_600) == "23:00:10")
        #expect(Figures.clock(.infinity, offset: 7_200) == "02:00:00")
    }

    @Test("takes no number for a trap", arguments: [1e300, -1e300, .greatestFiniteMagnitude, -0.0])
    func extremes(_ value: Double) {
        #expect(figures.seconds(value).count <= 12)
        #expect(figures.rate(value).count <= 18)
        #expect(!figures.portion(value).isEmpty)
        #expect(!figures.loss(value).isEmpty)
        #expect(!figures.factor(value).isEmpty)
        #expect(!Figures.duration(value).isEmpty)
    }

    @Test(
        "fills meters in proportion and to their width",
        arguments: [(nil, "......"), (0, "......"), (0.5, "###..."), (1, "######"), (9, "######")]
            as [(Double?, String)]
    )
    func meters(_ part: Double?, _ meter: String) {
        #expect(GlyphSet.ascii.meter(part, width: 6) == meter)
        for glyphs in GlyphSet.allCases {
            #expect(TextWidth.columns(of: glyphs.meter(part, width: 6)) == 6)
        }
    }

    @Test("shows an eighth of a cell with blocks and half a cell with braille")
    func finerMeters() {
        #expect(GlyphSet.blocks.meter(0.3125, width: 2) == "▋░")
        #expect(GlyphSet.braille.meter(0.75, width: 2) == "⣿⣇")
    }
}
