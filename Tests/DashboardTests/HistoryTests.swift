import Telemetry
import Testing

@testable import Dashboard

@Suite struct HistoryTests {
    private func filled(_ seconds: Int, viewers: Int = 3, rowsMax: Int = 120_000) -> History {
        var play = SwarmPlay(viewers: viewers)
        var history = History(rowsMax: rowsMax)
        for _ in 0..<seconds {
            history.append(play.snapshot, at: play.time)
            play.step()
        }
        return history
    }

    @Test("keeps ten minutes and no more")
    func span() throws {
        let history = filled(900)
        #expect(history.count == 601)
        let newest = try #require(history.newest)
        let oldest = try #require(history.oldest)
        #expect(newest.time - oldest.time == 600)
        #expect(newest.number == 899 && oldest.number == 299)
    }

    @Test("thins out what is old when there are too many rows, and keeps the span")
    func thins() throws {
        let history = filled(600, viewers: 20, rowsMax: 3_000)
        #expect(history.entries.reduce(0) { $0 + 1 + $1.snapshot.peers.count } <= 3_000)
        let oldest = try #require(history.oldest)
        let newest = try #require(history.newest)
        #expect(newest.time - oldest.time > 300)
        let times = history.entries.map(\.time)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(history.entries.suffix(20).map(\.number) == Array(580..<600))
    }

    @Test("takes a second snapshot of the same moment in the place of the first")
    func twice() {
        var history = filled(3)
        var newer = SwarmSnapshot()
        newer.name = "newer"
        history.append(newer, at: (history.newest?.time ?? 0) + 0.2)
        #expect(history.count == 3)
        #expect(history.newest?.snapshot.name == "newer")
    }

    @Test("begins anew when the clock goes back, and takes no time that is none")
    func clock() {
        var history = filled(5)
        for time in [Double.nan, .infinity, -.infinity, 1e300] {
            history.append(SwarmSnapshot(), at: time)
        }
        #expect(history.count == 5)
        history.append(SwarmSnapshot(), at: 10)
        #expect(history.count == 1)
        #expect(History().entry(3) == nil)
    }

    @Test("freezes, steps back and forward, and lets go beyond the newest moment")
    func steps() {
        var model = DashboardModel()
        var play = SwarmPlay(viewers: 3)
        func live(_ seconds: Int) {
            for _ in 0..<seconds {
                model.observe(play.snapshot, at: play.time)
                play.step()
            }
        }
        func shown() -> String { model.draw(width: 100, height: 24).text }
        live(100)
        _ = model.handle(" ")
        #expect(model.state.isFrozen)
        #expect(shown().contains("up 1:40"))
        live(20)
        #expect(shown().contains("up 1:40") && shown().contains("FROZEN"))
        #expect(shown().contains("(−0:20)"))
        _ = model.handle("[")
        #expect(shown().contains("up 1:39"))
        _ = model.handle("{")
        #expect(shown().contains("up 1:09"))
        _ = model.handle("]")
        #expect(shown().contains("up 1:10"))
        for _ in 0..<2 { _ = model.handle("}") }
        #expect(model.state.moment == .live)
        #expect(shown().contains("up 2:00") && !shown().contains("FROZEN"))
        #expect(model.history.count == 120)
        for _ in 0..<200 { _ = model.handle("[") }
        #expect(shown().contains("up 0:01"))
        _ = model.handle(.escape)
        #expect(model.state.moment == .live)
    }

    @Test("draws graphs of what was, the newest at the right, standing still within a step of time")
    func graphs() throws {
        var history = History()
        var canvases: [String] = []
        for second in 0..<60 {
            var snapshot = Fixture.seenByViewer()
            snapshot.peers[1].downBps = second < 30 ? 1_000_000 : 4_000_000
            history.append(snapshot, at: 1_000 + Double(second))
            let scene = Scene(history)
            let view = FlowView(scene, ViewState(), width: 55, height: 3)
            canvases.append(view.content().row(0).text)
        }
        let last = try #require(canvases.last)
        #expect(last.hasPrefix("down      4.0M▕"))
        #expect(last.hasSuffix(String(repeating: "█", count: 15)))
        #expect(last.contains(String(repeating: "▂", count: 14)))
        #expect(canvases[50].dropFirst(15) == canvases[51].dropFirst(15))
        #expect(canvases[50].dropFirst(15) != canvases[52].dropFirst(15))
    }

    @Test("tells the unknown from 0 in a graph", arguments: GlyphSet.allCases)
    func zero(_ glyphs: GlyphSet) {
        let graph = Graph(glyphs: glyphs, width: 2, height: 1, top: 1)
        let unknown = graph.lines([])
        #expect(unknown.map(\.text) == ["  "])
        let count = Graph.columnCount(width: 2, glyphs)
        let zero = graph.lines([Graph.Column](repeating: .init(low: 0), count: count))
        #expect(!zero[0].text.contains(" "))
        let odd = [Graph.Column(low: .nan, high: .infinity), .init(low: -1, high: 1e300)]
        #expect(graph.lines(odd).allSatisfy { $0.width == 2 })
    }

    @Test(
        "finds round scales",
        arguments: [
            (0.0, 100.0), (99, 100), (101, 150), (430, 600), (601, 800), (801, 1_000),
            (1_200, 1_500),
            (1_501, 2_000),
            (1e300, 1e15),
        ]
    )
    func scales(_ value: Double, _ top: Double) {
        #expect(Graph.scale([value, .nan], least: 100) == top)
    }

    @Test("shows five minutes of a peer, wherever it stands in each snapshot")
    func detail() {
        var play = SwarmPlay(viewers: 5)
        var history = History()
        for second in 0..<400 {
            var snapshot = play.snapshot
            if second % 3 == 0 { snapshot.peers.swapAt(3, 5) }
            for index in snapshot.peers.indices where snapshot.peers[index].name == "Olivia" {
                snapshot.peers[index].rttMs = second < 90 ? 900 : 30
            }
            history.append(snapshot, at: play.time)
            play.step()
        }
        var state = ViewState()
        state.detail = play.snapshot.peers[3].id
        state.isFull = true
        let frame = DashboardView.render(Scene(history), state, width: 120, height: 40)
        let text = frame.canvas.text
        #expect(text.contains("4 Peer · daa66"))
        #expect(text.contains("name Olivia") && text.contains("RTT ms       30"))
        // What was 300 s ago is no part of it: the scale is that of 30 ms.
        #expect(text.contains("top          30"))
        #expect(text.contains("fed by 0:5a11"))
        state.detail = "gone"
        let gone = DashboardView.render(Scene(history), state, width: 120, height: 40)
        #expect(gone.canvas.text.contains("this peer is gone"))
    }
}
