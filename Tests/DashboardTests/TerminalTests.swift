import Glibc
import Testing

@testable import Dashboard

/// The dashboard on a terminal: what it shows there, and how it leaves.
@Suite(.timeLimit(.minutes(2))) struct TerminalTests {
    private static let restored = "\u{1B}[?1049l"

    @Test(
        "restores the terminal after a signal",
        arguments: [SIGINT, SIGTERM, SIGHUP]
    )
    func signals(_ number: Int32) async throws {
        let terminal = try await PseudoTerminal.open()
        #expect(!terminal.isCooked)
        kill(terminal.child, number)
        #expect(try #require(await terminal.end()) == 0)
        #expect(terminal.wrote("ended: signal(\(number))"))
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.isCooked)
    }

    @Test("restores the terminal after q and after Ctrl-C", arguments: ["q", "\u{3}"])
    func quits(_ key: String) async throws {
        let terminal = try await PseudoTerminal.open()
        terminal.type(key)
        #expect(try #require(await terminal.end()) == 0)
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.wrote("\u{1B}[?1000l"))
        #expect(terminal.isCooked)
    }

    @Test(
        "restores the terminal after a trap here, and a trap or a bad address in another thread",
        arguments: ["trap", "crash", "segv"]
    )
    func crash(_ fault: String) async throws {
        let terminal = try await PseudoTerminal.open(.playing([fault, "fast"]))
        #expect(!terminal.isCooked)
        kill(terminal.child, SIGUSR1)
        let status = try #require(await terminal.end())
        #expect(status & 0x7F != 0)
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.wrote("\u{1B}[?1000l"))
        #expect(fault == "segv" || terminal.wrote("a deliberate fault"))
        #expect(terminal.isCooked)
    }

    @Test(
        "restores the terminal and ends after a crash's signal that was sent, backtracer or not",
        arguments: [SIGSEGV, SIGTRAP, SIGABRT, SIGQUIT]
    )
    func sent(_ number: Int32) async throws {
        var settings = PseudoTerminal.Settings.playing(["idle"])
        settings.environment["SWIFT_BACKTRACE"] = "enable=yes,interactive=no"
        let terminal = try await PseudoTerminal.open(settings)
        kill(terminal.child, number)
        let status = try #require(await terminal.end())
        #expect(status & 0x7F == number)
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.isCooked)
    }

    @Test("draws nothing while it is in the background of a shell, and all of it after fg")
    func background() async throws {
        let shell = "set -m; \"$@\" & sleep 0.7; echo waited; fg > /dev/null"
        var settings = PseudoTerminal.Settings.playing(["idle"])
        settings.command =
            ["/bin/bash", "-c", shell, "bash", "/proc/\(getpid())/exe"]
            + PseudoTerminal.ownWords.dropFirst()
        let terminal = try await PseudoTerminal.open(settings)
        // What was written before the screen was taken is forgotten.
        #expect(!terminal.wrote("waited"))
        terminal.type("q")
        #expect(try #require(await terminal.end()) == 0)
        #expect(terminal.wrote(Self.restored))
        #expect(terminal.isCooked)
    }

    @Test("paints the screen anew when it was stopped without being asked")
    func stopped() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["idle"]))
        kill(terminal.child, SIGSTOP)
        await terminal.take(seconds: 0.2)
        let before = terminal.output.count
        kill(terminal.child, SIGCONT)
        #expect(await terminal.sees("candela test", since: before))
        #expect(!terminal.isCooked)
    }

    @Test("gives the terminal back when it is suspended and paints it anew")
    func suspends() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["idle"]))
        let before = terminal.output.count
        terminal.type("\u{1A}")
        #expect(await terminal.sees(PseudoTerminal.alternate, since: before))
        #expect(terminal.wrote(Self.restored, since: before))
        #expect(await terminal.sees("candela test", since: before))
        #expect(!terminal.isCooked)
    }

    @Test("survives a storm of sizes")
    func storm() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["fast"]))
        for round in 0..<100 {
            if round % 2 == 0 { terminal.resize(1, 1) } else { terminal.resize(500, 200) }
            await terminal.take(seconds: 0.02)
        }
        terminal.resize(80, 24)
        let before = terminal.output.count
        // A screen that fits has the key bar in its last row and nothing below.
        #expect(await terminal.sees("\u{1B}[24", since: before))
        terminal.type("\u{C}")
        #expect(await terminal.sees("candela test", since: terminal.output.count))
        terminal.type("q")
        #expect(try #require(await terminal.end()) == 0)
    }

    @Test("says when the one that is watched is gone, and that it is back")
    func lost() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["fast", "hide"]))
        #expect(await terminal.sees("LOST"))
        // On a busy machine both may have come at once.
        let gone = try #require(terminal.place(of: "LOST"))
        #expect(await terminal.sees("LIVE", since: gone))
    }

    @Test("copies the link through the terminal and says so")
    func copies() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["idle"]))
        let before = terminal.output.count
        terminal.type("y")
        #expect(await terminal.sees("copied: candela://0123", since: before))
        let coded = String(
            decoding: Clipboard.base64(Array("candela://0123?t=192.0.2.1:9000".utf8)),
            as: UTF8.self
        )
        #expect(await terminal.sees("\u{1B}]52;c;\(coded)\u{7}", since: before))
    }

    @Test("switches the mouse on and off, sorts by a click on a heading")
    func mouse() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["idle"]))
        #expect(terminal.wrote("\u{1B}[?1000h"))
        var before = terminal.output.count
        // The row of the headings, over LOSS.
        for row in 14...20 { terminal.type("\u{1B}[<0;46;\(row)M\u{1B}[<0;46;\(row)m") }
        #expect(await terminal.sees("LOSS▼", since: before))
        before = terminal.output.count
        terminal.type("m")
        #expect(await terminal.sees("1000l", since: before))
    }

    @Test("writes no colours when they are not wanted")
    func colourless() async throws {
        let terminal = try await PseudoTerminal.open(
            .playing(["idle"]) { $0.environment = ["NO_COLOR": "1"] }
        )
        #expect(!terminal.wrote("\u{1B}[38;5;114m") && !terminal.wrote("\u{1B}[38;5;215m"))
    }

    @Test("writes 24 bits where the terminal has them")
    func trueColour() async throws {
        let terminal = try await PseudoTerminal.open(
            .playing(["idle"]) { $0.environment = ["COLORTERM": "truecolor"] }
        )
        #expect(terminal.wrote("\u{1B}[38;5;114m"))
        terminal.type("p")
        #expect(await terminal.sees("\u{1B}[38;2;255;0;0;48;2;255;0;0m▀"))
    }

    @Test("writes the eight colours where there are no more")
    func fewColours() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["idle"]) { $0.term = "xterm" })
        #expect(!terminal.wrote("\u{1B}[38;5;114m") && terminal.wrote("\u{1B}[32m"))
    }

    @Test("writes ASCII only where the locale has nothing else")
    func ascii() async throws {
        let terminal = try await PseudoTerminal.open(
            .playing { $0.environment = ["LC_ALL": "C"] }
        )
        await terminal.take(seconds: 1.2)
        #expect(terminal.output.count > 1_000)
        #expect(terminal.output.allSatisfy { $0 < 0x80 })
    }

    @Test("runs on no terminal that cannot place characters", arguments: ["dumb", "unknown", ""])
    func obstacles(_ term: String) async throws {
        let terminal = try #require(PseudoTerminal(.playing { $0.term = term }))
        _ = await terminal.end()
        #expect(terminal.wrote("ended: unusable("))
        #expect(!terminal.wrote(PseudoTerminal.alternate))
    }
}
