import Glibc
import Testing

/// `watch` beside what it watches.
@Suite(.serialized, .timeLimit(.minutes(2))) struct WatchTests {
    private static func broadcast(_ state: String) throws -> CandelaProcess {
        try CandelaProcess(
            [
                "broadcast", "pattern:160x90@10,250k", "--name", "watched", "--listen",
                "127.0.0.1:0", "--plain", "--no-port-mapping",
            ],
            state: state
        )
    }

    @Test("says when the node is gone, and finds the one that took its place")
    func restarted() async throws {
        let state = "\(Programme.folder)/watched-\(UInt64.random(in: 0 ... .max))"
        let first = try Self.broadcast(state)
        let link = try await first.line()
        let once = try CandelaProcess(["watch", "--once", "--json"], state: state)
        let told = try await once.line()
        // What y copies.
        #expect(told.contains("\"link\":\"\(link)\""), "\(told)")
        let watch = try CandelaProcess(["watch", "--plain", "--interval", "200ms"], state: state)
        try await eventually("\(watch.complaints)") { watch.said.contains("LIVE watched") }
        first.end(SIGKILL)
        try await eventually("\(watch.said)") { watch.said.contains("[lost]") }
        let second = try Self.broadcast(state)
        _ = try await second.line()
        try await eventually("\(watch.said)") {
            let parts = watch.said.split(separator: "[back]")
            return parts.count == 2 && parts[1].contains("LIVE watched")
        }
    }

    @Test("shows no dashboard without a terminal, whoever asks for it")
    func noTerminal() async throws {
        let watch = try CandelaProcess(["watch", "--tui"])
        #expect(try await watch.status(within: 20) == 64)
        #expect(watch.complaints.contains("no dashboard here: standard input is not a terminal"))
    }

    @Test("tells a recording in sentences where there is no terminal")
    func sentences() async throws {
        let here = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let file = "/\(here)/DashboardTests/Recordings/viewer-cut.jsonl"
        let watch = try CandelaProcess(["watch", "--replay", file, "--interval", "4s"])
        #expect(try await watch.status(within: 30) == 0)
        let lines = watch.said.split(separator: "\n").filter { $0.contains("LIVE lab: ") }
        #expect(lines.count > 4 && !watch.said.contains("\u{1B}"))
        #expect(lines.contains { $0.contains("all is well") })
        #expect(lines.contains { $0.contains("v1 (8923) got") })
    }

    @Test("takes a token from a file, and says when there is none in it")
    func secret() async throws {
        let missing = try CandelaProcess(["watch", "127.0.0.1:1", "--token", "@/nowhere", "--once"])
        #expect(try await missing.status(within: 20) == 74)
        #expect(missing.complaints.contains("cannot read /nowhere: "))
        let empty = try CandelaProcess(["watch", "127.0.0.1:1", "--token", "@/dev/null", "--once"])
        #expect(try await empty.status(within: 20) == 64)
        #expect(empty.complaints.contains("the first line of /dev/null is empty"))
    }
}
