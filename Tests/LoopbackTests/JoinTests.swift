import Glibc
import Testing

/// The edges of `candela join`, as a process on real sockets of this machine.
@Suite("join", .serialized, .timeLimit(.minutes(2)))
struct JoinTests {
    /// A link to a channel that nobody serves.
    static let nowhere =
        "candela://00112233445566778899aabbccddeeff00112233?t=127.0.0.1%3A9&n=Nowhere"

    private static func broadcast(_ name: String, _ more: String...) throws -> CandelaProcess {
        try CandelaProcess(
            [
                "broadcast", "pattern:", "--name", name, "--listen", "127.0.0.1:0", "--quiet",
                "--seconds", "60",
            ] + more
        )
    }

    private static func join(_ words: String...) throws -> CandelaProcess {
        try CandelaProcess(
            ["join"] + words + ["--quiet", "--seconds", "60", "--listen", "127.0.0.1:0"]
        )
    }

    /// What curl's simpler cousin gets: the status and the body of a page.
    private static func get(_ url: String) -> String {
        Programme.run("ffmpeg -nostdin -v error -f data -i '\(url)' -map 0 -c copy -f data -")
    }

    @Test(
        "refuses in one line what cannot be done",
        arguments: [
            (["--http", "0.0.0.0:0"], Int32(64), "--token"),
            (["--http", "0.0.0.0:0", "--token", "short"], 64, "8 to 128 characters"),
            (["--http", "[::]:0"], 64, "--token"),
            (["--udp", "http://x:1"], 64, "--udp"), (["--udp", "udp://127.0.0.1:0"], 64, "--udp"),
            (["--udp", "udp://127.0.0.1:9?ttl=0"], 64, "--udp"),
            (["--dvr", "1s"], 64, "--dvr takes 10s to 12h"), (["--dvr", "13h"], 64, "--dvr takes"),
            (["--stay"], 64, "--stay goes with --player"),
            (["--player", "mpv 'x"], 64, "--player"), (["--player", ""], 64, "--player"),
            (["--stdout", "--udp", "udp://127.0.0.1:9"], 64, "--stdout goes alone"),
            (["--stdout", JoinTests.nowhere], 64, "take one link"),
            ([JoinTests.nowhere], 64, "same channel"),
            (["candela://nonsense"], 65, "the link"),
            (["--record", "/proc/nowhere/x.ts"], 74, "cannot record"),
        ]
    )
    func refusals(words: [String], status: Int32, text: String) async throws {
        let process = try CandelaProcess(["join", JoinTests.nowhere] + words)
        #expect(try await process.status(within: 20) == status)
        #expect(process.complaints.contains(text), "\(process.complaints)")
        #expect(process.said == "")
    }

    @Test("waits for a source that is not there, says so, and gives up with 75")
    func waits() async throws {
        let process = try CandelaProcess(
            [
                "join", JoinTests.nowhere, "--wait", "2500ms", "--latency", "0", "--plain",
                "--http", "127.0.0.1:0",
            ]
        )
        #expect(try await process.status(within: 20) == 75)
        #expect(process.complaints.contains("waiting for the source"))
        #expect(process.complaints.contains("no source within 2.5 s"))
    }

    @Test("writes nothing but JSON objects when asked to, its last words too")
    func jsonLogs() async throws {
        let process = try CandelaProcess(
            [
                "join", JoinTests.nowhere, "--wait", "2500ms", "--latency", "0", "--plain",
                "--http", "127.0.0.1:0", "--log-format", "json",
            ]
        )
        #expect(try await process.status(within: 20) == 75)
        let lines = process.complaints.split(separator: "\n")
        #expect(lines.count >= 2)
        for line in lines {
            #expect(line.hasPrefix("{") && line.hasSuffix("}"), "\(line)")
            #expect(line.contains("\"severity\":\"") && line.contains("\"text\":\""), "\(line)")
        }
        #expect(lines.last?.contains("\"severity\":\"error\"") == true)
    }

    @Test("sends whole packets in datagrams of seven, records, and leaves a valid file when killed")
    func outputs() async throws {
        let source = try JoinTests.broadcast("Outputs")
        let ear = try DatagramEar()
        let file = "\(Programme.folder)/killed.ts"
        let viewer = try JoinTests.join(
            try await source.line(),
            "--udp",
            "udp://127.0.0.1:\(ear.port)",
            "--record",
            file,
            "--http",
            "127.0.0.1:0",
            "--latency",
            "0"
        )
        var heard: [[UInt8]] = []
        try await eventually("no datagrams come: \(viewer.complaints)") {
            heard += ear.hear()
            return heard.count > 300
        }
        viewer.end(SIGKILL)
        #expect(heard.allSatisfy { $0.count == 1_316 })
        let packets = heard.flatMap { datagram in
            stride(from: 0, to: datagram.count, by: 188).map { datagram[$0] }
        }
        #expect(packets.allSatisfy { $0 == 0x47 })
        // Where we stopped to hear, and where it was killed, a unit is cut: whole groups are decoded.
        let groups = Programme.part(of: heard.flatMap(\.self), percent: 100)
        #expect(groups.count > 100_000)
        let sent = Programme.write(groups, "datagrams.ts")
        #expect(Programme.run("ffmpeg -nostdin -v error -i \(sent) -f null -") == "")
        let recorded = Programme.read(file)
        #expect(recorded.count > 100_000)
        #expect(recorded.count.isMultiple(of: 188))
        #expect(recorded.starts(with: heard[0]))
        let whole = Programme.write(Programme.part(of: recorded, percent: 100), "whole.ts")
        #expect(Programme.run("ffmpeg -nostdin -v error -i \(whole) -f null -") == "")
    }

    @Test("carries two channels, plays them with a player, and ends it with the stream")
    func channels() async throws {
        let first = try JoinTests.broadcast("First & best")
        let second = try JoinTests.broadcast("Second")
        let links = [try await first.line(), try await second.line()]
        let viewer = try JoinTests.join(
            links[0],
            links[1],
            "--http",
            "127.0.0.1:0",
            "--token",
            "random",
            "--dvr",
            "1m"
        )
        let url = try await viewer.line()
        #expect(url.split(separator: "/").last?.count == 32)
        try await eventually("the second plays: \(viewer.complaints)") {
            Programme.run(
                "ffprobe -v error -show_entries stream=codec_name -of csv=p=0"
                    + " '\(url)second/live.ts?from=-5s'"
            ).contains("h264")
        }
        let list = JoinTests.get(url + "list.m3u")
        #expect(list.contains("\(url)first-best/live.ts\n"), "\(list)")
        #expect(list.contains(",Second\n"))
        first.end(SIGTERM)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await viewer.status(within: 0.5) == nil)
        second.end(SIGTERM)
        #expect(try await viewer.status(within: 20) == 0)
        #expect(viewer.complaints.contains("the others play on"))
    }

    @Test("a player plays what it has when the stream ends, and the node ends after it")
    func playerAtTheEnd() async throws {
        let source = try JoinTests.broadcast("Ending")
        let log = "\(Programme.folder)/player.ts"
        // A player that reads at the stream's own pace and keeps what it got.
        let player = "ffmpeg -nostdin -v error -y -re -f mpegts -i"
        let script = Programme.write(
            Array("#!/bin/sh\nexec \(player) \"$1\" -c copy \(log)\n".utf8),
            "player.sh"
        )
        chmod(script, 0o700)
        let viewer = try JoinTests.join(
            try await source.line(),
            "--http",
            "127.0.0.1:0",
            "--player",
            script
        )
        try await eventually("the player gets media") { Programme.read(log).count > 200_000 }
        source.end(SIGTERM)
        #expect(try await viewer.status(within: 30) == 0, "\(viewer.complaints)")
        #expect(Programme.run("ffmpeg -nostdin -v error -i \(log) -f null -") == "")
    }

    @Test("keeps relaying when the player closes, if it is to stay")
    func stays() async throws {
        let source = try JoinTests.broadcast("Staying")
        let link = try await source.line()
        let staying = try CandelaProcess(
            [
                "join", link, "--http", "127.0.0.1:0", "--player", "true", "--stay", "--plain",
                "--listen", "127.0.0.1:0",
            ]
        )
        let leaving = try JoinTests.join(link, "--http", "127.0.0.1:0", "--player", "true")
        #expect(try await leaving.status(within: 20) == 0)
        try await eventually("it says so") { staying.complaints.contains("relaying goes on") }
        let url = try await staying.line()
        try await eventually("it still serves") {
            JoinTests.get(url + "healthz").contains("Staying: live")
        }
        staying.signal(SIGTERM)
        #expect(try await staying.status(within: 5) == 128 + SIGTERM)
    }
}
