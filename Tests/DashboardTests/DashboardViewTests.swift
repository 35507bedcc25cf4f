import Telemetry
import Testing

@testable import Dashboard

@Suite struct DashboardViewTests {
    @Test("fills every size exactly with printable characters", arguments: sizes, GlyphSet.allCases)
    func dimensions(_ size: (Int, Int), _ glyphs: GlyphSet) {
        for snapshot in [nil, SwarmSnapshot(), Fixture.swarm(viewers: 40), hostile()] {
            for state in Self.states(glyphs) {
                let canvas = DashboardView.draw(snapshot, state, width: size.0, height: size.1)
                #expect((canvas.width, canvas.height) == size)
                #expect(canvas.cells.count == size.0 * size.1)
                #expect(isSound(canvas))
            }
        }
    }

    @Test("always answers live, behind and buffer", arguments: sizes.filter { $0.0 >= 20 })
    func answers(_ size: (Int, Int)) {
        var offline = Fixture.swarm()
        offline.live = false
        for state in Self.states(.blocks) {
            for (snapshot, word) in [(Fixture.swarm(), "LIVE"), (offline, "OFFLINE")] {
                let canvas = DashboardView.draw(snapshot, state, width: size.0, height: size.1)
                let header = (0..<3).map(canvas.text(row:)).joined(separator: " ")
                #expect(header.contains(word))
                #expect(header.contains("behind"))
                #expect(header.contains("buf ") || header.contains("buffer "))
                #expect(header.contains("FROZEN") == state.isFrozen)
            }
        }
    }

    /// One state for each key bar that there is, with the words of the whole bar.
    private static let bars: [(state: ViewState, words: Set<Substring>)] = {
        var seen: Set<String> = []
        return states(.blocks).compactMap { state in
            guard !state.isFiltering, state.columnCursor == nil else { return nil }
            let text = KeyBar.line(state, (3, 7), width: 400).text
            guard seen.insert(text).inserted else { return nil }
            return (state, Set(text.split(separator: " ")))
        }
    }()

    @Test("never cuts the key bar: whole items only, quit and help always", arguments: 20...200)
    func keyBar(_ width: Int) {
        for (state, words) in Self.bars {
            let bar = KeyBar.line(state, (3, 7), width: width)
            #expect(bar.width <= width)
            #expect(bar.text.hasPrefix("q"))
            #expect(bar.text.contains("?"))
            #expect(!bar.text.contains("…"))
            #expect(bar.text.split(separator: " ").allSatisfy(words.contains))
        }
        let canvas = DashboardView.draw(nil, ViewState(), width: width, height: 5)
        #expect(canvas.text(row: 4) == KeyBar.line(ViewState(), (0, 0), width: width).text)
    }

    @Test("says what it needs when the terminal is too small")
    func tooSmall() {
        let canvas = DashboardView.draw(Fixture.swarm(), ViewState(), width: 19, height: 4)
        #expect(canvas.text.contains("terminal too small\n(need 20x5)"))
        let tiny = DashboardView.draw(Fixture.swarm(), ViewState(), width: 10, height: 3)
        #expect(tiny.text == "terminal\ntoo small\n(need")
        #expect(DashboardView.draw(nil, ViewState(), width: 1, height: 1).text == "…")
        #expect(DashboardView.draw(nil, ViewState(), width: 0, height: 0).cells.isEmpty)
    }

    @Test("needs nothing beyond ASCII when asked")
    func ascii() {
        var state = ViewState()
        state.isASCIIOnly = true
        for (width, height) in sizes {
            for pane in Pane.allCases {
                state.pane = pane
                let canvas = DashboardView.draw(
                    Fixture.swarm(),
                    state,
                    width: width,
                    height: height
                )
                #expect(canvas.text.utf8.allSatisfy { $0 < 0x7F })
            }
        }
    }

    @Test("shows the panes that fit, the chosen one among them", arguments: Pane.allCases)
    func panes(_ pane: Pane) {
        var state = ViewState()
        state.pane = pane
        for (width, height) in [(200, 60), (120, 40), (80, 24), (40, 12)] {
            let text = DashboardView.draw(Fixture.swarm(), state, width: width, height: height).text
            #expect(text.contains("▸\(pane.digit) \(pane.title)"))
        }
        let large = DashboardView.draw(Fixture.swarm(), state, width: 120, height: 40).text
        #expect(Pane.standard.allSatisfy { large.contains("\($0.digit) \($0.title)") })
        state.isFull = true
        let full = DashboardView.draw(Fixture.swarm(), state, width: 120, height: 40).text
        #expect(Pane.allCases.filter { full.contains("\($0.digit) \($0.title)") } == [pane])
    }

    @Test("brings a scroll position that went too far back to the end")
    func settles() {
        var state = ViewState()
        state.handle(.end)
        let frame = DashboardView.render(
            Scene(Fixture.swarm(viewers: 100)),
            state,
            width: 80,
            height: 24
        )
        #expect(frame.canvas.text.contains("of 101"))
        #expect(frame.canvas.text.contains("-101 of 101"))
        #expect((frame.state.scroll[.peers] ?? 0) < 101)
        #expect(frame.state.pageRows < 20)
    }

    @Test("lets no text from outside forge a row or reach the terminal as an escape")
    func hostileText() {
        for (width, height) in sizes {
            let canvas = DashboardView.draw(hostile(), ViewState(), width: width, height: height)
            #expect(isSound(canvas))
            #expect(!canvas.text.contains("\nforged"))
        }
    }

    @Test("draws cycles, strangers and endless chains of parents once")
    func hostileTree() {
        var snapshot = Fixture.swarm(viewers: 300)
        for index in snapshot.peers.indices {
            let next = snapshot.peers[(index + 1) % snapshot.peers.count].id
            snapshot.peers[index].parents = [
                "0": next, "1": "stranger", "x": snapshot.peers[index].id,
            ]
        }
        var state = ViewState()
        state.pane = .tree
        state.isFull = true
        for step in 0...4 {
            state.treeStep = step
            let canvas = DashboardView.draw(snapshot, state, width: 80, height: 400)
            #expect(isSound(canvas))
            let rows = (0..<400).map(canvas.text(row:))
            #expect(rows.count { $0.contains("0bf7") } <= 2)
        }
    }

    /// Every way to look at a snapshot.
    private static func states(_ glyphs: GlyphSet) -> [ViewState] {
        var states: [ViewState] = []
        for pane in Pane.allCases {
            for key in ["", "\(pane.digit)", "?", " ", "/", "c"] {
                var state = ViewState()
                state.title = "candela demo"
                state.footer = "open http://127.0.0.1:8090/live.ts"
                state.pane = pane
                state.glyphs = glyphs
                if let character = key.first { state.handle(.character(character)) }
                states.append(state)
            }
        }
        return states
    }

    /// Only printable characters, and wide ones whole.
    private func isSound(_ canvas: Canvas) -> Bool {
        let cells = canvas.cells
        return cells.indices.allSatisfy { place in
            let cell = cells[place]
            // Most cells are plain; a test build is slow with the others.
            if cell.width == 1, !cell.hasMarks, (0x20..<0x7F).contains(cell.base.value) {
                return true
            }
            let scalars = [cell.base] + cell.marks
            guard scalars.allSatisfy({ TextWidth.columns(of: $0) != nil }) else { return false }
            let x = place % canvas.width
            if cell.width == 2 { return x + 1 < canvas.width && cells[place + 1].width == 0 }
            return cell.width != 0 || x > 0 && cells[place - 1].width == 2
        }
    }

    private func hostile() -> SwarmSnapshot {
        let names = [
            "\u{1B}[2J\u{1B}]0;owned\u{7}", "a\r\nforged   100%", "視聴者視聴者視聴者視聴者視聴者",
            String(repeating: "e\u{301}\u{302}\u{303}", count: 400), "\u{202E}drowssap",
            "\u{9B}31m",
            "👨‍👩‍👧‍👦🏳️‍🌈", String(repeating: "x", count: 5_000),
        ]
        var snapshot = Fixture.swarm(viewers: names.count)
        for (index, name) in names.enumerated() {
            snapshot.peers[index + 1].name = name
            snapshot.peers[index + 1].id = name
            snapshot.peers[index + 1].role = index % 2 == 0 ? name : "viewer"
            snapshot.peers[index + 1].path = name
            snapshot.peers[index + 1].rttMs = [Double.nan, .infinity, -1, 1e300][index % 4]
            snapshot.peers[index + 1].lagMs = [Double.nan, -.infinity, -1, 1e300][index % 4]
            snapshot.peers[index + 1].bufferMs = [1e300, .nan, -.infinity, -5][index % 4]
            snapshot.peers[index + 1].continuity = [-1, 1e9, .nan, 0][index % 4]
            snapshot.peers[index + 1].parents = [name: name, "\(index)": names[0]]
            snapshot.peers[index + 1].rescued = .max
            snapshot.events.append(Fixture.event(1e300, .error, .violation, name))
            snapshot.loops.append(
                LoopRow(name: name, state: name, target: name, value: name, lastAction: name)
            )
        }
        snapshot.video = names[0]
        snapshot.link = names[1]
        snapshot.madeAt = .nan
        snapshot.repairShare = .infinity
        snapshot.chunkMap = ChunkMapRow(first: .max, places: names[0], newest: .min, playout: .max)
        snapshot.trackers = names.map { TrackerRow(place: $0, state: $0) }
        snapshot.trackers?[0].lastS = -1e300
        snapshot.rescueTraces = names.map { name in
            var trace = RescueTraceRow(t: 1e300, block: .max, index: .min, outcome: .late)
            trace.deadlineMs = -1e300
            trace.arrivedMs = .nan
            trace.asks = [RescueAskRow(afterMs: .infinity, peer: name, role: name)]
            return trace
        }
        snapshot.peers[1].chunksDue = .max
        snapshot.peers[1].chunksInTime = .min
        snapshot.peers[2].rescuesAsked = .max
        snapshot.peers[3].rescuesAsked = .max
        snapshot.name = names[0]
        snapshot.viewers = .max
        snapshot.uptimeS = .infinity
        snapshot.sourceLoad = .nan
        snapshot.p2pShare = -1e300
        snapshot.bitrateBps = 1e300
        snapshot.rescue.state = names[1]
        Fixture.measure(&snapshot)
        return snapshot
    }
}
