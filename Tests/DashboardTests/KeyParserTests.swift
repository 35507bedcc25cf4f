import Telemetry
import Testing

@testable import Dashboard

@Suite struct KeyParserTests {
    private func keys(_ text: String) -> [Key] {
        var parser = KeyParser()
        parser.feed(Array(text.utf8))
        var keys: [Key] = []
        while let key = parser.next() { keys.append(key) }
        return keys
    }

    @Test(
        "knows keys in each form that terminals send",
        arguments: [
            ("q", [Key.character("q")]), ("é视👍", ["é", "视", "👍"]),
            ("\u{1B}[A\u{1B}OB", [.up, .down]), ("\u{1B}[C\u{1B}[D", [.right, .left]),
            ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}OH", [.home, .end, .home, .end, .home]),
            ("\u{1B}[5~\u{1B}[6~\u{1B}[3~", [.pageUp, .pageDown, .backspace]),
            ("\u{1B}[1;5A\u{1B}[Z\t", [.up, .backTab, .tab]),
            (
                "\r\n\u{7F}\u{8}\u{3}\u{C}",
                [.enter, .enter, .backspace, .backspace, .interrupt, .redraw]
            ),
            ("\u{1B}\u{1B}[A", [.escape, .up]),
        ]
    )
    func known(_ text: String, _ expected: [Key]) { #expect(keys(text) == expected) }

    @Test(
        "skips as a whole what it does not know: no part becomes a command",
        arguments: [
            "\u{1B}[15~", "\u{1B}[?62;c", "\u{1B}[24;80R", "\u{1B}q", "\u{1B}[<0;3;4m",
            "\u{1B}[<35;3;4M",
            "\u{1B}[200~", "\u{0}\u{1}\u{1C}", "\u{1B}[[A".replacing("A", with: "E"),
        ]
    )
    func unknown(_ text: String) { #expect(keys(text) == []) }

    @Test(
        "tells presses and the wheel, in the new form and the old",
        arguments: [
            ("\u{1B}[<0;300;7M", Key.mouse(.press, Point(x: 299, y: 6))),
            ("\u{1B}[<64;1;1M", .mouse(.wheelUp, Point(x: 0, y: 0))),
            ("\u{1B}[<65;2;3M", .mouse(.wheelDown, Point(x: 1, y: 2))),
            ("\u{1B}[M !\"", .mouse(.press, Point(x: 0, y: 1))),
        ]
    )
    func mouse(_ text: String, _ key: Key) { #expect(keys(text) == [key]) }

    @Test(
        "waits for the rest of a sequence that comes in pieces",
        arguments: [
            "\u{1B}[A", "\u{1B}OA", "\u{1B}[<64;10;20M", "\u{1B}[M !!", "视",
        ]
    )
    func pieces(_ text: String) {
        let bytes = Array(text.utf8)
        var parser = KeyParser()
        for byte in bytes.dropLast() {
            parser.feed([byte])
            #expect(parser.next() == nil)
            #expect(parser.isPending)
        }
        parser.feed([bytes[bytes.count - 1]])
        #expect(parser.next() != nil)
        #expect(!parser.isPending)
    }

    @Test("takes an escape that stays alone for the key")
    func alone() {
        var parser = KeyParser()
        parser.feed([0x1B])
        #expect(parser.next() == nil)
        #expect(parser.flush() == .escape)
        #expect(parser.flush() == nil && !parser.isPending)
    }

    @Test("traps on no bytes, and does not hold them for ever")
    func noise() {
        var value: UInt64 = 7
        var parser = KeyParser()
        for _ in 0..<2_000 {
            var bytes: [UInt8] = []
            for _ in 0..<40 {
                value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(
                    [0x1B, 0x5B, 0x4F, 0x4D, 0x3C, UInt8(value >> 56)][Int(value >> 40) % 6]
                )
            }
            parser.feed(bytes)
            while parser.next() != nil {}
        }
        parser.feed(Array("\u{1B}[".utf8) + [UInt8](repeating: 0x31, count: 70_000))
        while parser.next() != nil {}
        while parser.isPending { _ = parser.flush() }
        parser.feed([0x71])
        #expect(parser.next() == .character("q"))
    }
}

@Suite struct PointerTests {
    private func model(_ width: Int = 120, _ height: Int = 40) -> DashboardModel {
        var model = DashboardModel()
        model.observe(Fixture.swarm(viewers: 24), at: 1_000)
        _ = model.draw(width: width, height: height)
        return model
    }

    private func area(_ model: DashboardModel, _ wanted: Target) throws -> Point {
        let area = try #require(model.state.areas.last { $0.target == wanted })
        return Point(x: area.rect.x + 1, y: area.rect.y)
    }

    @Test(
        "a click on a heading sorts by it, a second one turns the order round",
        arguments: [
            PeerColumn.name, .loss, .up, .behind,
        ]
    )
    func headings(_ column: PeerColumn) throws {
        var model = model()
        let point = try area(model, .heading(column))
        _ = model.handle(.mouse(.press, point))
        #expect(model.state.sort == column && !model.state.isReversed)
        _ = model.handle(.mouse(.press, point))
        #expect(model.state.sort == column && model.state.isReversed)
    }

    @Test("a click on a row chooses its peer, a second one shows it in detail")
    func rows() throws {
        var model = model()
        let id = Fixture.swarm(viewers: 24).peers[3].id
        let point = try area(model, .peer(id))
        _ = model.handle(.mouse(.press, point))
        #expect(model.state.selected == id && model.state.detail == nil)
        _ = model.draw(width: 120, height: 40)
        _ = model.handle(.mouse(.press, point))
        #expect(model.state.detail == id)
        #expect(model.draw(width: 120, height: 40).text.contains("4 Peer · \(id)"))
    }

    @Test("a click on a pane gives it the keys, one on the key bar does what the key does")
    func panes() throws {
        var model = model()
        _ = model.handle(.mouse(.press, try area(model, .pane(.flow))))
        #expect(model.state.pane == .flow)
        _ = model.draw(width: 120, height: 40)
        _ = model.handle(.mouse(.press, try area(model, .key("?"))))
        #expect(model.state.isHelp)
        #expect(model.handle(.mouse(.press, try area(model, .key("q")))) == .quit)
    }

    @Test("the wheel scrolls what is under it; nothing happens while the mouse is off")
    func wheel() throws {
        var model = model()
        let point = try area(model, .pane(.peers))
        _ = model.handle(.mouse(.wheelDown, Point(x: point.x, y: point.y + 3)))
        #expect(model.state.scroll[.peers] == 3 && model.state.selected == nil)
        #expect(model.draw(width: 120, height: 40).text.contains("4-17 of 25"))
        _ = model.handle("m")
        #expect(!model.state.isMouseOn)
        _ = model.handle(.mouse(.wheelDown, point))
        #expect(model.state.scroll[.peers] == 3)
    }

    @Test("the cursor stays with its peer when the order changes, and comes in sight when it moves")
    func cursor() {
        var model = model()
        for _ in 0..<20 { _ = model.handle(.down) }
        let text = model.draw(width: 120, height: 40).text
        let chosen = model.state.selected
        #expect(chosen == Fixture.swarm(viewers: 24).peers[19].id)
        #expect(text.contains("│ ▸ \(chosen?.prefix(4) ?? "?")"))
        _ = model.handle("s")
        _ = model.draw(width: 120, height: 40)
        #expect(model.state.selected == chosen)
        #expect(model.handle("y") == .copy(chosen ?? ""))
        _ = model.handle(.escape)
        #expect(model.state.selected == nil)
    }

    @Test("copies the link of the snapshot where no other was given, and says when there is none")
    func link() {
        var model = model()
        #expect(model.handle("y") == .draw)
        #expect(model.draw(width: 80, height: 24).text.contains("nothing to copy"))
        var snapshot = Fixture.swarm()
        snapshot.link = "candela://ab"
        model.observe(snapshot, at: 1_010)
        #expect(model.handle("y") == .copy("candela://ab"))
        #expect(model.draw(width: 80, height: 24).text.contains("copied: candela://ab"))
        model.observe(snapshot, at: 1_020)
        #expect(!model.draw(width: 80, height: 24).text.contains("copied"))
    }

    @Test("lets columns be chosen and leaves them out")
    func columns() {
        var model = model()
        _ = model.handle("c")
        #expect(model.draw(width: 120, height: 40).text.contains("4 Columns"))
        for key in [Key.down, " ", .escape] as [Key] { _ = model.handle(key) }
        #expect(model.state.columnsHidden == [.name])
        #expect(!model.draw(width: 120, height: 40).text.contains("NAME"))
    }

    @Test(
        "encodes the clipboard in Base64 only",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
        ]
    )
    func base64(_ text: String, _ coded: String) {
        #expect(Clipboard.base64(Array(text.utf8)) == Array(coded.utf8))
        let hostile = Clipboard.sequence(text + "\u{7}\u{1B}]0;x\u{7}")
        #expect(hostile.dropLast().filter { $0 < 0x20 } == [0x1B])
        // Through tmux: one sequence, in which every escape but the first and the last is doubled.
        let wrapped = Clipboard.wrapped(text)
        #expect(wrapped.starts(with: Array("\u{1B}Ptmux;\u{1B}\u{1B}]52;c;\(coded)".utf8)))
        #expect(wrapped.suffix(3) == [0x07, 0x1B, 0x5C])
    }
}
