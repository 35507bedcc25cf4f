import Telemetry
import Testing

@testable import Dashboard

@Suite struct ViewStateTests {
    private func pressed(_ keys: Key...) -> ViewState {
        var state = ViewState()
        for key in keys { state.handle(key) }
        return state
    }

    @Test("chooses panes by number, and the same number again gives the whole screen")
    func panes() {
        for pane in Pane.allCases where pane != .peers {
            let digit = Key.character(pane.digit)
            #expect(pressed(digit).pane == pane)
            #expect(!pressed(digit).isFull)
            #expect(pressed(digit, digit).isFull)
            #expect(!pressed(digit, digit, digit).isFull)
        }
        #expect(pressed("4").isFull)
        #expect(pressed(.tab, .tab).pane == .tree)
        #expect(pressed(.backTab).pane == .chunks)
        #expect(pressed("1", .backTab).pane == .picture)
        #expect(pressed("0", .tab).pane == .flow)
        #expect(pressed("r").pane == .rescues)
        #expect(pressed("l").pane == .loops)
        #expect(pressed("p", "p").isFull)
    }

    @Test("cycles through every column and back to none")
    func sort() {
        var state = ViewState()
        var seen: [PeerColumn?] = []
        for _ in 0...PeerColumn.allCases.count {
            state.handle(.character("s"))
            seen.append(state.sort)
        }
        #expect(seen == PeerColumn.allCases + [nil])
    }

    @Test("takes letters into the filter, commands again after enter, and clears on escape")
    func filter() {
        var state = pressed(.character("/"), .character("q"), .character("g"), .backspace)
        #expect(state.filter == "q")
        #expect(state.isFiltering)
        state.handle(.enter)
        #expect(!state.isFiltering)
        #expect(state.filter == "q")
        #expect(state.handle(.character("q")) == .quit)
        state.handle(.escape)
        #expect(state.filter.isEmpty)
    }

    @Test("erases what was typed as a shell does")
    func erasing() {
        var state = ViewState()
        for key in "/sir toby ".map(Key.character) { state.handle(key) }
        state.handle(.eraseWord)
        #expect(state.filter == "sir ")
        state.handle(.eraseAll)
        #expect(state.filter.isEmpty && state.isFiltering)
        state.handle(.escape)
        state.handle(.eraseAll)
        #expect(!state.isFiltering)
    }

    @Test("bounds the filter and keeps control characters out of it")
    func filterBounds() {
        var state = pressed(.character("/"), .character("\u{1B}"), .character("\r\n"))
        #expect(state.filter.isEmpty)
        for _ in 0..<100 { state.handle(.character("x")) }
        #expect(state.filter.count == ViewState.filterMax)
    }

    @Test("escape leaves help, then filter, then the full screen")
    func escape() {
        var state = pressed(
            .character("/"),
            .character("a"),
            .enter,
            .character("4"),
            .character("?")
        )
        #expect(state.isHelp && state.isFull && state.filter == "a")
        state.handle(.escape)
        #expect(!state.isHelp && state.isFull && state.filter == "a")
        state.handle(.escape)
        #expect(state.isFull && state.filter.isEmpty)
        state.handle(.escape)
        #expect(!state.isFull)
    }

    @Test("scrolls within bounds, and in the events towards the past")
    func scroll() {
        #expect(pressed("6", .up).scroll[.tree] == 0)
        #expect(pressed("6", .down, .pageDown).scroll[.tree] == 10)
        #expect(pressed("5", .up, .up, .down).scroll[.events] == 1)
        #expect(pressed("6", .end, .end).scroll[.tree] == 1_000_000)
        #expect(pressed(.down, .pageDown).cursorMove == 10)
        #expect(pressed(.character("?"), .down).scrollHelp == 1)
        #expect(pressed(.character("?"), .down).scroll[.peers] == nil)
    }

    @Test("leaves on q and on Ctrl-C, the latter also while filtering")
    func leave() {
        var state = ViewState()
        #expect(state.handle(.character("q")) == .quit)
        #expect(state.handle(.character("/")) == .draw)
        #expect(state.handle(.character("q")) == .draw)
        #expect(state.handle(.interrupt) == .interrupt)
        #expect(state.handle(.redraw) == .repaint)
    }

    @Test("goes through the glyph sets, but not where the terminal has none")
    func glyphs() {
        #expect(pressed(.character("g")).glyphsInUse == .braille)
        #expect(pressed(.character("g"), .character("g"), .character("g")).glyphsInUse == .blocks)
        var state = ViewState()
        state.isASCIIOnly = true
        state.handle(.character("g"))
        #expect(state.glyphsInUse == .ascii)
    }
}

@Suite struct SegmentsTests {
    private let segments = [
        Segment(rank: 2, need: .required, [Line("first long"), Line("first")]),
        Segment(rank: 1, [Line("second long"), Line("2nd")]),
        Segment(rank: 3, [Line("third")]),
    ]

    @Test(
        "shortens by rank and gives back what room is left",
        arguments: [
            (99, "first long second long third"), (27, "first long 2nd third"),
            (20, "first long 2nd third"), (19, "first long third"), (15, "first 2nd third"),
            (14, "first third"),
            (10, "first long"), (9, "first 2nd"), (8, "first"), (4, ""),
        ]
    )
    func fit(_ width: Int, _ expected: String) {
        #expect(Segments.fit(segments, width: width, gap: 1).text == expected)
    }
}
