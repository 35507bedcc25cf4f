import Telemetry
import Testing

@testable import Dashboard

@Suite struct PeersViewTests {
    private let peers = Fixture.swarm().peers

    private func names(_ peers: [PeerRow]) -> [String] { peers.map(\.name) }

    private func sorted(_ peers: [PeerRow], _ state: ViewState) -> [PeerRow] {
        PeerOrder(peers, state).indices.map { peers[$0] }
    }

    private func matching(_ peers: [PeerRow], _ filter: String) -> [PeerRow] {
        var state = ViewState()
        state.filter = filter
        return sorted(peers, state)
    }

    @Test("a viewer's table keeps its room for what a viewer knows of others")
    func known() throws {
        var snapshot = Fixture.seenByViewer()
        for index in snapshot.peers.indices where snapshot.peers[index].id != snapshot.own {
            snapshot.peers[index].downBps = nil
            snapshot.peers[index].upBps = nil
            snapshot.peers[index].lagMs = nil
            snapshot.peers[index].bufferMs = nil
            snapshot.peers[index].continuity = nil
            snapshot.peers[index].score = 0.98
            snapshot.peers[index].lastS = 0.4
        }
        func heading(_ snapshot: SwarmSnapshot, _ width: Int) throws -> String {
            try #require(PeersView(snapshot, ViewState()).content(width: width).heading).text
        }
        let narrow = try heading(snapshot, 60)
        for title in ["PATH", "RTT", "LOSS", "SCORE", "LAST"] { #expect(narrow.contains(title)) }
        #expect(!narrow.contains("BEHIND") && !narrow.contains("CONT"))
        #expect(try heading(snapshot, 140).contains("BEHIND"))
        // Where everybody's figures are known, those of playing come first.
        #expect(try heading(Fixture.swarm(), 60).contains("BEHIND"))
    }

    @Test("keeps the order of the snapshot until a column is chosen")
    func natural() {
        #expect(sorted(peers, ViewState()) == peers)
    }

    @Test("puts the worst first and the unknown last, whichever way round")
    func sorted() {
        var state = ViewState()
        state.sort = .behind
        #expect(sorted(peers, state).map(\.lagMs) == [585, 550, 515, 480, 445, 410, nil])
        state.isReversed = true
        #expect(sorted(peers, state).map(\.lagMs) == [410, 445, 480, 515, 550, 585, nil])
        state = ViewState()
        state.sort = .buffer
        #expect(sorted(peers, state).first?.bufferMs == 450)
        state.sort = .name
        #expect(
            names(sorted(peers, state))
                == ["Feste", "Malvolio", "Olivia", "Orsino", "studio", "Toby", "Viola"]
        )
    }

    @Test("leaves ties in their order")
    func ties() {
        var state = ViewState()
        state.sort = .continuity
        #expect(names(sorted(peers, state)).last == "studio")
        #expect(
            Array(names(sorted(peers, state)).dropLast())
                == names(peers.dropFirst().map { $0 })
        )
    }

    @Test(
        "sorts by every column without a trap, not-a-number included",
        arguments: PeerColumn.allCases
    )
    func everyColumn(_ column: PeerColumn) {
        var odd = peers
        for index in odd.indices where index % 2 == 0 {
            odd[index].lagMs = .nan
            odd[index].loss = .infinity
        }
        var state = ViewState()
        state.sort = column
        #expect(sorted(odd, state).count == odd.count)
        state.isReversed = true
        #expect(sorted(odd, state).count == odd.count)
    }

    @Test(
        "filters by identifier, name, role and path, whatever the case",
        arguments: [
            ("MALV", ["Malvolio"]), ("relay", ["Feste"]), ("source", ["studio"]),
            ("5a11", ["studio"]), ("nobody", []),
        ]
    )
    func matching(_ filter: String, _ expected: [String]) {
        #expect(names(matching(peers, filter)) == expected)
    }

    @Test("says when nothing matches, and how many do")
    func counts() {
        var state = ViewState()
        state.handle(.character("/"))
        for character in "feste" { state.handle(.character(character)) }
        let text = DashboardView.draw(Fixture.swarm(), state, width: 80, height: 24).text
        #expect(text.contains("1 of 7 match \"feste\""))
        #expect(text.contains("/feste_  1 of 7 peers match"))
        for character in "zzz" { state.handle(.character(character)) }
        let none = DashboardView.draw(Fixture.swarm(), state, width: 80, height: 24).text
        #expect(none.contains("no peer contains \"festezzz\""))
    }

    @Test("drops columns by importance and never exceeds its width", arguments: 6...220)
    func columns(_ width: Int) {
        let columns = Columns(width: width).all
        let total = columns.reduce(2) { $0 + $1.width } + max(0, columns.count - 1)
        #expect(total <= width)
        #expect(columns.first?.column == .id)
        if width >= 120 { #expect(columns.count == PeerColumn.allCases.count) }
    }

    @Test("shows no column that was hidden", arguments: PeerColumn.allCases)
    func hidden(_ column: PeerColumn) {
        let columns = Columns(width: 200, hidden: [column]).all.map(\.column)
        #expect(columns == PeerColumn.allCases.filter { $0 != column })
        #expect(Columns(width: 200, hidden: Set(PeerColumn.allCases)).all.isEmpty)
    }

    @Test("marks the sorted column and the own row")
    func marks() throws {
        var state = ViewState()
        state.sort = .behind
        let content = PeersView(Fixture.seenByViewer(), state).content(width: 100)
        #expect(try #require(content.heading).text.contains("BEHIND▼"))
        let rows = (0..<content.count).map { content.row($0).text }
        #expect(rows.filter { $0.hasPrefix(" *") }.count == 1)
        #expect(rows.contains { $0.hasPrefix(" *") && $0.contains("Viola") })
    }
}

@Suite struct TreeViewTests {
    private func rows(_ content: PaneContent) -> [String] {
        (0..<content.count).map { content.row($0).text }
    }

    @Test("lists each peer's parents with their share of the stripes")
    func merged() {
        let content = TreeView(Fixture.swarm(viewers: 2), ViewState()).content()
        #expect(
            rows(content) == [
                "5a11 studio source", "9e37 Viola ← 5a11×8", "3c6e Orsino ← 5a11×4 9e37×4",
            ]
        )
    }

    @Test("draws a stripe as a tree")
    func stripe() {
        var state = ViewState()
        state.treeStep = 2
        let content = TreeView(Fixture.swarm(viewers: 3), state).content()
        #expect(content.note == "stripe 1 (8 in all)")
        #expect(
            rows(content) == [
                "5a11 studio –", "╰─ 9e37 Viola 0.41s", "   ╰─ 3c6e Orsino 0.45s",
                "      ╰─ daa6 Olivia 0.48s",
            ]
        )
        state.treeStep = 1
        #expect(
            rows(TreeView(Fixture.swarm(viewers: 3), state).content()) == [
                "5a11 studio –", "├─ 9e37 Viola 0.41s", "├─ 3c6e Orsino 0.45s",
                "╰─ daa6 Olivia 0.48s",
            ]
        )
    }

    @Test("names those that nobody feeds")
    func loose() {
        var snapshot = Fixture.swarm(viewers: 2)
        snapshot.peers[2].parents["0"] = nil
        var state = ViewState()
        state.treeStep = 1
        #expect(
            rows(TreeView(snapshot, state).content()) == [
                "5a11 studio –", "╰─ 9e37 Viola 0.41s", "not fed in this stripe:",
                "3c6e Orsino 0.45s",
            ]
        )
    }

    @Test("sorts stripes by number and comes round to the merged view")
    func round() {
        var snapshot = Fixture.swarm(viewers: 1)
        snapshot.peers[1].parents = ["10": "5a11000000000000", "9": "5a11000000000000"]
        var state = ViewState()
        let seen = (0...3).map { step in
            state.treeStep = step
            return TreeView(snapshot, state).stripe
        }
        #expect(seen == [nil, "9", "10", nil])
    }
}
