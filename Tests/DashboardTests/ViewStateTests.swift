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
        #expect(pressed(.character("3")).pane == .events)
        #expect(!pressed(.character("3")).isFull)
        #expect(pressed(.character("3"), .character("3")).isFull)
        #expect(!pressed(.character("3"), .character("3"), .character("3")).isFull)
        #expect(pressed(.tab, .tab).pane == .events)
        #expect(pressed(.backTab).pane == .health)
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
            .character("1"),
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
        #expect(pressed(.up).scroll[.peers] == 0)
        #expect(pressed(.down, .pageDown).scroll[.peers] == 10)
        #expect(pressed(.character("3"), .up, .up, .down).scroll[.events] == 1)
        #expect(pressed(.end, .end).scroll[.peers] == 1_000_000)
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

@Suite struct SnapshotHoldTests {
    @Test("shows the latest, the frozen one while frozen, and the latest again")
    func freeze() {
        var hold = SnapshotHold()
        var state = ViewState()
        var snapshots = (0..<4).map { Fixture.swarm(viewers: $0) }
        #expect(hold.shown(nil, state) == nil)
        #expect(hold.shown(snapshots[0], state) == snapshots[0])
        state.handle(.character(" "))
        #expect(hold.shown(snapshots[1], state) == snapshots[0])
        #expect(hold.shown(nil, state) == snapshots[0])
        state.handle(.character(" "))
        snapshots[3].name = "later"
        #expect(hold.shown(snapshots[3], state) == snapshots[3])
    }

    @Test("frozen before the first report, takes that report")
    func frozenEarly() {
        var hold = SnapshotHold()
        var state = ViewState()
        state.isFrozen = true
        #expect(hold.shown(Fixture.swarm(), state) == Fixture.swarm())
        #expect(hold.shown(Fixture.swarm(viewers: 1), state) == Fixture.swarm())
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
