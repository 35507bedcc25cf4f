import Glibc
import Testing

@testable import Dashboard

/// The dashboard on a terminal: what it writes, and how it leaves.
///
/// What takes time is printed, never asserted; asserted are bytes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TerminalTests {
    private static let alternate = "\u{1B}[?1049h"
    private static let restored = "\u{1B}[?1049l"

    private func open(_ settings: PseudoTerminal.Settings) throws -> PseudoTerminal {
        let terminal = try #require(PseudoTerminal(settings))
        terminal.read(seconds: 20, until: Self.alternate)
        #expect(terminal.wrote(Self.alternate))
        terminal.forget(before: Self.alternate)
        terminal.read(seconds: 20, until: "LIVE")
        terminal.read(seconds: 0.3)
        return terminal
    }

    private func settings(
        peers: Int = 24,
        _ play: [String] = [],
        _ change: (inout PseudoTerminal.Settings) -> Void = { _ in }
    ) -> PseudoTerminal.Settings {
        var settings = PseudoTerminal.Settings()
        settings.peers = peers
        settings.play = play
        change(&settings)
        return settings
    }

    /// Bytes and share of a core per refresh over some refreshes of a quarter of a second.
    private func measure(
        _ terminal: PseudoTerminal,
        refreshes: Int
    ) -> (mean: Int, most: Int, processor: Double) {
        let before = terminal.processorTime ?? 0
        var sizes: [Int] = []
        for _ in 0..<refreshes { sizes.append(terminal.read(seconds: 0.25).count) }
        let processor = ((terminal.processorTime ?? 0) - before) / Double(refreshes)
        return (sizes.reduce(0, +) / refreshes, sizes.max() ?? 0, processor)
    }

    @Test("needs few bytes a refresh", arguments: [(25, 1_500), (201, 4_000)])
    func bytes(_ peers: Int, _ budget: Int) throws {
        let terminal = try open(settings(peers: peers, ["fast"]))
        terminal.read(seconds: 1)
        let live = measure(terminal, refreshes: 16)
        print("live, \(peers) peers: \(live.mean) bytes a refresh, \(live.processor * 1e3) ms CPU")
        #expect(live.mean > 50 && live.mean <= budget)
    }

    @Test("needs few bytes with graphs that are full")
    func bytesOfReplay() throws {
        let terminal = try open(settings(peers: 25, ["fast", "replay"]) { $0.height = 40 })
        terminal.type("}}}}}}}}")
        terminal.read(seconds: 0.6)
        let full = measure(terminal, refreshes: 16)
        print("full graphs: \(full.mean) bytes a refresh, at most \(full.most)")
        #expect(full.mean > 20 && full.mean <= 1_500)
    }

    @Test("is quiet while nothing changes")
    func idle() throws {
        let terminal = try open(settings(["idle"]))
        terminal.read(seconds: 1.5)
        let bytes = terminal.read(seconds: 4).count
        print("idle: \(bytes / 4) bytes a second")
        #expect(bytes > 0 && bytes <= 4 * 100)
    }

    @Test("answers keys at once")
    func keys() throws {
        let terminal = try open(settings(["idle"]))
        // The cursor of the table comes in sight, and then goes up and down.
        terminal.type("jj")
        terminal.read(seconds: 0.3)
        var times: [Double] = []
        for round in 0..<60 {
            terminal.read(seconds: 0.02)
            let start = PseudoTerminal.now()
            terminal.type(round % 2 == 0 ? "\u{1B}[B" : "\u{1B}[A")
            let before = terminal.output.count
            while terminal.output.count == before, PseudoTerminal.now() - start < 20 {
                terminal.read(seconds: 0.001)
            }
            #expect(terminal.output.count > before)
            times.append((PseudoTerminal.now() - start) * 1e3)
        }
        times.sort()
        print("key to first byte: median \(times[30]) ms, p99 \(times[59]) ms")
    }

    @Test(
        "restores the terminal after a signal",
        arguments: [SIGINT, SIGTERM, SIGHUP]
    )
    func signals(_ number: Int32) throws {
        let terminal = try open(settings())
        #expect(!terminal.isCooked)
        kill(terminal.child, number)
        let status = try #require(terminal.end(seconds: 20))
        #expect(status == 0)
        #expect(terminal.wrote("ended: signal(\(number))"))
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.isCooked)
    }

    @Test("restores the terminal after q and after Ctrl-C", arguments: ["q", "\u{3}"])
    func quits(_ key: String) throws {
        let terminal = try open(settings())
        terminal.type(key)
        #expect(try #require(terminal.end(seconds: 20)) == 0)
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.wrote("\u{1B}[?1000l"))
        #expect(terminal.isCooked)
    }

    @Test("restores the terminal after a fault in another thread, and shows what it said")
    func crash() throws {
        let terminal = try open(settings(["crash"]))
        let status = try #require(terminal.end(seconds: 30))
        #expect(status & 0x7F != 0)
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.wrote("a deliberate fault"))
        #expect(terminal.isCooked)
    }

    @Test("gives the terminal back when it is suspended and paints it anew")
    func suspends() throws {
        let terminal = try open(settings(["idle"]))
        let before = terminal.output.count
        terminal.type("\u{1A}")
        terminal.read(seconds: 10, until: Self.alternate)
        terminal.read(seconds: 0.5)
        #expect(terminal.wrote(Self.restored, since: before))
        #expect(terminal.wrote("candela test", since: before))
        #expect(!terminal.isCooked)
    }

    @Test("survives a storm of sizes")
    func storm() throws {
        let terminal = try open(settings(["fast"]))
        for round in 0..<50 {
            if round % 2 == 0 { terminal.resize(1, 1) } else { terminal.resize(500, 200) }
            terminal.read(seconds: 0.02)
        }
        terminal.resize(80, 24)
        terminal.read(seconds: 1.2)
        let before = terminal.output.count
        terminal.type("\u{C}")
        terminal.read(seconds: 5, until: "quit")
        #expect(terminal.wrote("candela test", since: before))
        terminal.type("q")
        #expect(try #require(terminal.end(seconds: 20)) == 0)
    }

    @Test("says when the one that is watched is gone, and that it is back")
    func lost() throws {
        let terminal = try open(settings(["fast", "hide"]))
        terminal.read(seconds: 10, until: "LOST")
        #expect(terminal.wrote("LOST"))
        let before = terminal.output.count
        terminal.read(seconds: 15, until: "LIVE")
        #expect(terminal.wrote("LIVE", since: before))
    }

    @Test("copies the link through the terminal and says so")
    func copies() throws {
        let terminal = try open(settings(["idle"]))
        let before = terminal.output.count
        terminal.type("y")
        terminal.read(seconds: 5, until: "copied")
        terminal.read(seconds: 0.2)
        let coded = String(
            decoding: Clipboard.base64(Array("candela://0123?t=192.0.2.1:9000".utf8)),
            as: UTF8.self
        )
        #expect(terminal.wrote("\u{1B}]52;c;\(coded)\u{7}", since: before))
        #expect(terminal.wrote("copied: candela://0123", since: before))
    }

    @Test("switches the mouse on and off, sorts by a click on a heading")
    func mouse() throws {
        let terminal = try open(settings(["idle"]) { $0.term = "xterm-256color" })
        #expect(terminal.wrote("\u{1B}[?1000h"))
        var before = terminal.output.count
        // The row of the headings, over LOSS.
        for row in 14...20 { terminal.type("\u{1B}[<0;46;\(row)M\u{1B}[<0;46;\(row)m") }
        terminal.read(seconds: 0.6)
        #expect(terminal.wrote("LOSS▼", since: before))
        before = terminal.output.count
        terminal.type("m")
        terminal.read(seconds: 0.5)
        #expect(terminal.wrote("1000l", since: before))
    }

    @Test("writes no colours when they are not wanted, and 24 bits where the terminal has them")
    func colours() throws {
        let plain = try open(settings(["idle"]) { $0.environment = ["NO_COLOR": "1"] })
        #expect(!plain.wrote("\u{1B}[38;5;114m") && !plain.wrote("\u{1B}[38;5;215m"))
        let rich = try open(settings(["idle"]) { $0.environment = ["COLORTERM": "truecolor"] })
        #expect(rich.wrote("\u{1B}[38;5;114m"))
        rich.type("p")
        rich.read(seconds: 2)
        #expect(rich.wrote("\u{1B}[38;2;255;0;0;48;2;255;0;0m▀"))
        let few = try open(settings(["idle"]) { $0.term = "xterm" })
        #expect(!few.wrote("\u{1B}[38;5;114m") && few.wrote("\u{1B}[32m"))
    }

    @Test("writes ASCII only where the locale has nothing else")
    func ascii() throws {
        let terminal = try open(settings { $0.environment = ["LC_ALL": "C"] })
        terminal.read(seconds: 1)
        #expect(terminal.output.count > 1_000)
        #expect(terminal.output.allSatisfy { $0 < 0x80 })
    }

    @Test("runs on no terminal that cannot place characters", arguments: ["dumb", "unknown", ""])
    func obstacles(_ term: String) throws {
        let terminal = try #require(PseudoTerminal(settings { $0.term = term }))
        _ = terminal.end(seconds: 20)
        #expect(terminal.wrote("ended: unusable("))
        #expect(!terminal.wrote(Self.alternate))
    }
}
