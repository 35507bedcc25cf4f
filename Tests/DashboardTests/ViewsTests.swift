import Telemetry
import Testing

@testable import Dashboard

/// What the smaller panes show.
@Suite struct ViewsTests {
    private func rows(_ content: PaneContent) -> [String] {
        (0..<content.count).map { content.row($0).text }
    }

    @Test("draws the map of the newest blocks below the source's, with signs and not colours alone")
    func chunkMap() {
        var snapshot = Fixture.seenByViewer()
        snapshot.chunkMap = ChunkMapRow(first: 100, places: "##!#=.x", newest: 108, playout: 102)
        var state = ViewState()
        state.glyphs = .ascii
        let whole = ChunkMapView(snapshot, state, width: 40, height: 3).content()
        #expect(rows(whole) == ["source |#######| 108", "you    |##!#=.x|", "plays     ^"])
        #expect(whole.note.contains("! rescued") && whole.note.contains("= in flight"))
        let narrow = ChunkMapView(snapshot, state, width: 13, height: 1).content()
        #expect(rows(narrow) == ["you    |#=.x|"])
        let roomy = ChunkMapView(snapshot, state, width: 36, height: 6).content()
        #expect(roomy.note.isEmpty)
        #expect(rows(roomy)[3...] == ["# held  ! rescued  = in flight", ". missing  x lost"])
        snapshot.chunkMap = ChunkMapRow(
            first: .max,
            places: "\u{1B}é?",
            newest: .min,
            playout: .min
        )
        let hostile = ChunkMapView(snapshot, state, width: 40, height: 3).content()
        #expect(rows(hostile).contains("you    |...|"))
        snapshot.chunkMap = nil
        #expect(
            rows(ChunkMapView(snapshot, state, width: 40, height: 3).content()) == [
                "not known here"
            ]
        )
    }

    private func trace(_ outcome: RescueTraceRow.Outcome, arrived: Double?) -> RescueTraceRow {
        var trace = RescueTraceRow(t: 43_452, block: 48_211, index: 3, outcome: outcome)
        trace.deadlineMs = 900
        trace.arrivedMs = arrived
        trace.asks = [
            RescueAskRow(afterMs: 0, peer: "3c6e0000", role: "parent"),
            RescueAskRow(afterMs: 40, peer: "5a110000", role: "source"),
        ]
        return trace
    }

    @Test(
        "tells of each rescue what was noticed, who was asked, when it came, with how much to spare"
    )
    func sentences() {
        let view = RescueView(Fixture.swarm(), ViewState(), width: 100, height: 20)
        #expect(
            view.sentence(trace(.came, arrived: 84))
                == "chunk 48211.3 missing at deadline −900 ms, asked parent 3c6e, then source, "
                + "came in 84 ms, 816 ms to spare"
        )
        #expect(
            view.sentence(trace(.late, arrived: 950)).hasSuffix(
                "came too late in 950 ms, 50 ms too late"
            )
        )
        #expect(view.sentence(trace(.lost, arrived: nil)).hasSuffix("then source, was lost"))
        #expect(view.sentence(trace(.waiting, arrived: nil)).hasSuffix("has not come yet"))
        #expect(
            view.sentence(trace(.decoded, arrived: 60)).contains(
                "was computed from others in 60 ms"
            )
        )
    }

    @Test("draws each rescue to scale, from noticing to the deadline")
    func waterfall() throws {
        var snapshot = Fixture.swarm()
        snapshot.rescueTraces = [trace(.came, arrived: 450), trace(.lost, arrived: nil)]
        let bars = rows(RescueView(snapshot, ViewState(), width: 112, height: 20).content())
            .map { $0.drop { $0 == " " } }.filter { $0.hasPrefix("o") }
        try #require(bars.count == 2)
        // Noticed and asked at once: two columns all the same.
        #expect(bars[0].hasPrefix("o?") && bars[0].contains("?---") && bars[0].hasSuffix("·|"))
        #expect(
            bars[0].count == 100
                && bars[0].firstIndex(of: "*") == bars[0].index(bars[0].startIndex, offsetBy: 50)
        )
        #expect(bars[1].hasSuffix("-x") && !bars[1].contains("·"))
        var odd = trace(.came, arrived: .nan)
        odd.deadlineMs = .infinity
        snapshot.rescueTraces = [odd, RescueTraceRow(t: .nan, block: .min, index: .max)]
        for width in 0..<130 {
            _ = rows(RescueView(snapshot, ViewState(), width: width, height: 20).content())
        }
    }

    @Test("tells a rescue in a few words where there is no room, and of an event its beginning")
    func small() {
        var snapshot = Fixture.swarm()
        snapshot.rescueTraces = [trace(.came, arrived: 84), trace(.lost, arrived: nil)]
        let rescues = RescueView(snapshot, ViewState(), width: 20, height: 2).content()
        #expect(rows(rescues) == ["✓ 48211.3 came, 816", "  ms to spare", "✗ 48211.3 lost"])
        snapshot.events = [
            Fixture.event(1, .warning, .stall, "skipped to the next key frame: chunks came late"),
            Fixture.event(2, .info, .path, "peer 3c6e moved"),
        ]
        let two = rows(EventsView(snapshot, ViewState()).content(width: 20, height: 2))
        #expect(two == ["▲ skipped to the", "  next key frame:…", "✓ peer 3c6e moved"])
        let one = rows(EventsView(snapshot, ViewState()).content(width: 20, height: 1))
        #expect(one == ["▲ skipped to the…", "✓ peer 3c6e moved"])
    }

    @Test(
        "draws a stripe as a tree, and never says of a viewer that it is unfed where that is unknown"
    )
    func tree() {
        var state = ViewState()
        state.glyphs = .ascii
        state.treeStep = 1
        var snapshot = SwarmSnapshot()
        snapshot.peers = ["a", "b", "c", "d"].map { id in
            var peer = PeerRow()
            peer.id = id
            peer.role = id == "a" ? "source" : "viewer"
            return peer
        }
        snapshot.peers[1].parents = ["0": "a"]
        snapshot.peers[2].parents = ["0": "d"]
        snapshot.own = "a"
        let all = rows(TreeView(snapshot, state).content())
        #expect(all == ["a -", "`- b -", "not fed in this stripe:", "d -", "`- c -"])
        snapshot.own = "c"
        let seen = rows(TreeView(snapshot, state).content())
        #expect(seen == ["a -", "`- b -", "parents not known here:", "d -", "`- c -"])
        snapshot.peers[2].parents = [:]
        let unfed = rows(TreeView(snapshot, state).content())
        #expect(
            unfed == ["a -", "`- b -", "not fed in this stripe:", "c -"]
                + ["parents not known here:", "d -"]
        )
        // Who feeds itself in a circle is fed by nobody.
        snapshot.peers[2].parents = ["0": "d"]
        snapshot.peers[3].parents = ["0": "c"]
        let circle = rows(TreeView(snapshot, state).content())
        #expect(circle == ["a -", "`- b -", "not fed in this stripe:", "c -", "`- d -"])
    }

    @Test("falls back on the events where nobody traces rescues")
    func fromEvents() {
        var snapshot = Fixture.swarm()
        snapshot.rescueTraces = nil
        snapshot.events.append(Fixture.event(1, .info, .rescue, "a chunk was missing"))
        let rows = rows(RescueView(snapshot, ViewState(), width: 100, height: 20).content())
        #expect(rows.count == 1 && rows[0].contains("a chunk was missing"))
    }

    @Test("tells how many were rescued where nothing else is known of them", arguments: [0, 398])
    func untraced(rescued: Int) {
        var snapshot = Fixture.swarm()
        snapshot.rescueTraces = nil
        snapshot.events = []
        for at in snapshot.peers.indices { snapshot.peers[at].rescued = at == 1 ? rescued : nil }
        let rows = rows(RescueView(snapshot, ViewState(), width: 100, height: 20).content())
        let wanted =
            rescued == 0
            ? "nothing had to be rescued, as far as is known"
            : "viewers had 398 chunks rescued; their own screens tell which"
        #expect(rows == [wanted])
    }

    @Test("shows every loop with target, value and last action", arguments: [120, 50, 24])
    func loops(_ width: Int) {
        var snapshot = Fixture.swarm()
        snapshot.loops[0].lastAction = "one more repair chunk"
        let rows = rows(LoopsView(snapshot, ViewState(), width: width).content())
        let words = rows.joined(separator: " ").split(separator: " ").joined(separator: " ")
        for word in ["redundancy", "steady", "14 % repair", "loss 0.4 %", "one more repair chunk"] {
            #expect(words.contains(word))
        }
        #expect(width > 100 || rows.allSatisfy { $0.count <= width })
    }

    @Test("shows the trackers, and says when they are unknown or none")
    func trackers() {
        var snapshot = Fixture.swarm()
        #expect(
            rows(TrackersView(snapshot, ViewState(), width: 80).content()) == [
                "this is what the tracker itself tells"
            ]
        )
        snapshot.trackers = []
        #expect(
            rows(TrackersView(snapshot, ViewState(), width: 80).content()) == [
                "none; the swarm lives by itself"
            ]
        )
        snapshot.trackers = [TrackerRow(place: "[2001:db8::1]:9000", state: "silent")]
        snapshot.trackers?[0].lastS = 75
        let row = rows(TrackersView(snapshot, ViewState(), width: 80).content())[0]
        #expect(
            row.hasPrefix("[2001:db8::1]:9000") && row.contains("silent") && row.contains("75s")
        )
        #expect(row.contains("–"))
        // Columns that do not fit are left out, not cut.
        let narrow = TrackersView(snapshot, ViewState(), width: 36).content()
        #expect(narrow.heading?.text == "TRACKER                STATE   ")
        #expect(rows(narrow) == ["[2001:db8::1]:9000     silent  "])
    }

    @Test("draws a picture in half blocks, and in greys where there are no colours")
    func picture() throws {
        // Red above blue on the left, white on the right.
        let pixels: [UInt8] = [255, 0, 0, 255, 255, 255, 0, 0, 255, 255, 255, 255]
        let picture = try #require(Picture(width: 2, height: 2, pixels: pixels))
        var state = ViewState()
        let content = PictureView(picture, state, width: 2, height: 1).content()
        let cells = content.row(0).cells
        #expect(cells.map(\.base) == ["▀", "▀"])
        #expect(cells[0].tint == Tint(ink: 0xFF0000, ground: 0x0000FF))
        #expect(cells[1].tint == Tint(ink: 0xFFFFFF, ground: 0xFFFFFF))
        state.isColourless = true
        let grey = PictureView(picture, state, width: 2, height: 1).content().row(0)
        #expect(grey.text == " █" || grey.text == "░█")
        #expect(grey.cells.allSatisfy { $0.tint == nil })
        state.glyphs = .ascii
        #expect(
            PictureView(picture, state, width: 2, height: 1).content().row(0).text.hasSuffix("@")
        )
        #expect(Picture(width: 2, height: 2, pixels: []) == nil)
        #expect(Picture(width: 0, height: 2, pixels: []) == nil)
        for side in 0..<40 {
            _ = PictureView(picture, state, width: side, height: side / 3).content()
        }
    }

    @Test(
        "finds the nearest of 256 colours",
        arguments: [
            (UInt32(0x000000), Int32(16)), (0xFFFFFF, 231), (0xFF0000, 196), (0x808080, 244),
            (0x5F87AF, 67),
        ]
    )
    func indexed(_ colour: UInt32, _ index: Int32) { #expect(Picture.indexed(colour) == index) }

    @Test(
        "no picture takes more than 25 kB, be it noise on the largest screen",
        arguments: [(200, 60), (118, 33), (78, 18), (38, 8), (20, 3)]
    )
    func pictureBudget(_ size: (width: Int, height: Int)) throws {
        var random: UInt64 = 7
        let noise = (0..<192 * 108 * 3).map { _ in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: random >> 56)
        }
        // What a camera shows: smooth, no two pixels alike.
        var smooth: [UInt8] = []
        for y in 0..<108 {
            for x in 0..<192 { smooth += [UInt8(x), UInt8(2 * y), UInt8((x + y) / 2)] }
        }
        for (index, pixels) in [noise, smooth].enumerated() {
            let picture = try #require(Picture(width: 192, height: 108, pixels: pixels))
            let view = PictureView(picture, ViewState(), width: size.width, height: size.height)
            let content = view.content()
            var canvas = Canvas(width: size.width, height: size.height)
            let rows = (0..<content.count).map { content.row($0) }
            for (y, row) in rows.enumerated() { canvas.put(row, at: Point(x: 0, y: y)) }
            let bytes = TintWriter.bytes(canvas, nil).count
            #expect(bytes > 0 && bytes <= PictureView.bytesMax)
            let tints: [[Tint]] = rows.map { row in row.cells.compactMap { $0.tint } }
            #expect(TintWriter.cost(tints) >= bytes)
            // A smooth picture loses no more than fine shades.
            let cells = rows.reduce(0) { $0 + $1.width }
            if index == 1 { #expect(cells >= min(500, size.width * size.height / 3)) }
        }
    }

    @Test("paints changed cells only, with cursor and attributes kept")
    func tints() {
        var canvas = Canvas(width: 4, height: 2)
        var line = Line()
        let tint = Tint(ink: 0xFF8000, ground: 0x000102)
        for _ in 0..<2 { line.add(Cell(base: "▀", style: .plain, width: 1, tint: tint)) }
        canvas.put(line, at: Point(x: 1, y: 1))
        let text = String(decoding: TintWriter.bytes(canvas, nil), as: UTF8.self)
        #expect(text == "\u{1B}7\u{1B}[2;2H\u{1B}[38;2;255;128;0;48;2;0;1;2m▀▀\u{1B}[0m\u{1B}8")
        #expect(TintWriter.bytes(canvas, canvas).isEmpty)
    }

    @Test("header answers with rescues, buffer of what is meant, video and clock")
    func header() {
        var snapshot = Fixture.seenByViewer()
        snapshot.video = "720p30"
        snapshot.peers[1].bufferTargetMs = 5_000
        snapshot.peers[1].bufferMs = 4_100
        snapshot.peers[1].rescued = 3
        snapshot.peers[1].rescuesAsked = 3
        var scene = Scene(snapshot)
        scene.clock = 43_471
        let canvas = DashboardView.render(scene, ViewState(), width: 160, height: 40).canvas
        let text = canvas.text
        #expect(text.contains("720p30 3.1 Mbit/s"))
        #expect(text.contains("buffer ██████▌░ 4.10/5.00s safe"))
        #expect(text.contains("rescues 3 (3 ok)"))
        #expect(text.contains("up 12:34 · 12:04:31"))
    }

    @Test("a thousand peers are sorted, filtered and scrolled as a few are")
    func thousand() {
        var state = ViewState()
        state.sort = .behind
        state.filter = "VIOLA"
        state.cursorMove = 50
        let scene = Scene(Fixture.swarm(viewers: 1_000))
        let frame = DashboardView.render(scene, state, width: 120, height: 40)
        #expect(frame.canvas.text.contains("167 of 1001 match \"VIOLA\""))
        #expect(frame.state.cursorRow == 49)
    }
}
