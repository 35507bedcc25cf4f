import Glibc
import Telemetry
import Testing

/// What goes in and what comes out, with the product itself, in a namespace where every port is free.
@Suite("Inputs and outputs", .serialized, RealNetwork.isPossible, .timeLimit(.minutes(3)))
struct OutputTests {
    private static let large = "pattern:320x180@10,500k"
    private static let small = "pattern:160x90@10,300k"

    private func broadcast(_ lab: Lab, _ words: [String]) async throws -> (Station, String) {
        let place = ["--listen", "\(Lab.first):4300", "--no-port-mapping"]
        let source = try Station(lab, lab.core, ["broadcast"] + words + place)
        return (source, try await source.line())
    }

    private func join(_ lab: Lab, _ link: String, _ more: [String] = []) throws -> Station {
        let words = ["join", link, "--http", "127.0.0.1:0", "--no-port-mapping"]
        return try Station(lab, lab.core, words + more)
    }

    /// The widths of the pictures of a file, each named once per run of it.
    private func widths(_ path: String) -> [String] {
        let words =
            ["ffprobe", "-v", "quiet", "-select_streams", "v", "-show_entries", "frame=width"]
            + ["-of", "default=nk=1:nw=1", path]
        let all = Child.run(words).output.split(separator: "\n").map(String.init)
        return zip(all, [""] + all).filter { $0 != $1 }.map(\.0)
    }

    /// What ffmpeg complains about when it decodes a recording.
    ///
    /// The end of a recording cuts the picture and the sound that are under way: the last half second is
    /// left out.
    private func complaints(_ path: String) -> String {
        let words =
            ["ffprobe", "-v", "quiet", "-show_entries", "format=duration"]
            + ["-of", "default=nk=1:nw=1", path]
        let text = Child.run(words).output.split(separator: "\n").first ?? ""
        guard let length = Double(text), length > 1 else { return "lasts '\(text)' seconds" }
        return Child.run(
            [
                "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-t", "\(length - 0.5)", "-map",
                "0",
            ]
                + ["-f", "null", "-"]
        ).output
    }

    @Test(
        "a link offers qualities; players choose one, and change it without a fault"
    )
    func renditions() async throws {
        let lab = Lab()
        defer { lab.close() }
        let (_, link) = try await broadcast(
            lab,
            [OutputTests.large, "--rendition", "small=\(OutputTests.small)", "--name", "Two"]
        )
        #expect(link.contains("&r=small:"))
        let path = "\(Child.folder)/quality\(Number.next).ts"
        let viewer = try join(lab, link, ["--rendition", "small", "--record", path])
        let url = try await viewer.line()
        #expect(await eventually(within: 20) { widths(path) == ["160"] }, "\(viewer.child.errors)")
        let wrong = lab.exec(lab.core, ["curl", "-s", "\(url)live.ts?rendition=huge"])
        #expect(wrong == "rendition is one of: auto, original, small.\n")
        let player = try #require(
            lab.start(
                lab.core,
                ["curl", "-s", "-m", "60", "-o", "/dev/null"]
                    + ["\(url)live.ts?rendition=original"]
            )
        )
        #expect(
            await eventually(within: 20) { widths(path) == ["160", "320"] },
            "\(widths(path)) \(viewer.child.errors)"
        )
        let page = lab.exec(lab.core, ["curl", "-s", "\(url)page.json"])
        #expect(page.contains("\"active\":\"original\""))
        #expect(page.contains("\"names\":[\"original\",\"small\"]"))
        #expect(player.ended == nil)
        // The change itself is to be well within what is decoded.
        try await Task.sleep(for: .milliseconds(1_500))
        viewer.child.stop()
        #expect(complaints(path) == "")
        let none = try join(lab, link, ["--rendition", "huge"])
        #expect(await none.child.wait(seconds: 5) == 64)
        #expect(none.child.errors.contains("choose one of: auto, original, small"))
    }

    @Test("a recording is a valid stream after the process was killed")
    func killed() async throws {
        let lab = Lab()
        defer { lab.close() }
        let (_, link) = try await broadcast(lab, [OutputTests.large])
        let path = "\(Child.folder)/killed\(Number.next).ts"
        let viewer = try join(lab, link, ["--record", path])
        #expect(await eventually(within: 20) { size(path) > 150_000 }, "\(viewer.child.errors)")
        viewer.child.stop(SIGKILL)
        #expect(size(path).isMultiple(of: 188))
        #expect(complaints(path) == "")
        #expect(widths(path) == ["320"])
    }

    @Test("takes a transport stream from a multicast group")
    func multicast() async throws {
        let lab = Lab()
        defer { lab.close() }
        lab.exec(lab.core, ["ip", "link", "set", "lo", "multicast", "on"])
        lab.exec(lab.core, ["ip", "route", "add", "239.0.0.0/8", "dev", "lo"])
        let filters = "testsrc2=size=160x90:rate=10"
        let words =
            ["ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", filters, "-g", "10"]
            + ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"]
            + ["-f", "mpegts", "udp://239.7.7.7:5000?pkt_size=1316"]
        let encoder = try #require(lab.start(lab.core, words))
        let (source, link) = try await broadcast(lab, ["udp://239.7.7.7:5000"])
        let viewer = try join(lab, link)
        let playing = await viewer.snapshot(within: 15) { $0.live && $0.me?.continuity ?? 0 > 0 }
        #expect(playing?.live == true, "\(viewer.child.errors) \(source.child.errors)")
        #expect(encoder.ended == nil, "\(encoder.errors)")
    }

    private func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
