import Basics
import Crypto
import Gateway
import Glibc
import Telemetry
import Testing
import Transport
import Wire

/// Everything together on real sockets of this machine.
@Suite("Loopback", .serialized, .timeLimit(.minutes(1)))
struct LoopbackTests {
    @Test("eight viewers hand over the source's stream byte for byte from where they joined")
    func byteForByte() async throws {
        let whole = try #require(Programme.bytes, "ffmpeg cannot make the programme")
        let bytes = Programme.part(of: whole, percent: 75)
        let swarm = try await Swarm.start(.embedded)
        let publishing = Task { try await swarm.publish(bytes, of: whole.count) }
        let taps = (0..<8).map { _ in Tap() }
        var viewers: [Driver] = []
        for (number, tap) in taps.enumerated() {
            viewers.append(
                try await swarm.join("viewer \(number)", into: tap, latency: .seconds(2))
            )
            try await Task.sleep(for: .milliseconds(150))
        }
        try await publishing.value
        try await end(swarm, taps)
        let groups = Programme.groups(of: bytes)
        #expect(groups.count > 35)
        for (number, tap) in taps.enumerated() {
            let own = Programme.groups(of: tap.bytes)
            #expect(own.count > 20, "viewer \(number)")
            #expect(own == Array(groups.suffix(own.count)), "viewer \(number)")
            #expect(tap.jumps == 0, "viewer \(number)")
        }
        let path = Programme.write(try #require(taps.last).bytes, "viewer.ts")
        #expect(Programme.run("ffmpeg -nostdin -v error -i \(path) -f null -") == "")
        for viewer in viewers { await viewer.stop() }
    }

    @Test("a player opens the live stream while it runs")
    func player() async throws {
        let bytes = try #require(Programme.bytes, "ffmpeg cannot make the programme")
        let swarm = try await Swarm.start(.embedded)
        let part = Programme.part(of: bytes, percent: 50)
        let publishing = Task { try await swarm.publish(part, of: bytes.count) }
        let (tap, history) = (Tap(), LiveHistory())
        let viewer = try await swarm.join("viewer", into: tap, history: history)
        var configuration = GatewayConfiguration(history: history) {
            viewer.snapshot ?? SwarmSnapshot()
        }
        configuration.port = 0
        let gateway = try await Gateway.start(configuration)
        try await eventually("nothing is handed over") { tap.count > 100_000 }
        let url = "\(gateway.url)live.ts?burst=5"
        let said = Programme.run(
            "ffprobe -v error -show_entries stream=codec_name -of csv=p=0 '\(url)'"
        )
        #expect(Set(said.split(separator: "\n")).isSuperset(of: ["h264", "aac"]), "\(said)")
        try await publishing.value
        try await end(swarm, [tap])
        history.finish()
        await gateway.stop()
        await viewer.stop()
    }

    /// What happens in mid-stream.
    enum Fault: CaseIterable {
        /// A viewer that feeds others gets SIGKILL.
        case viewerKilled
        /// The same, and a second later the tracker goes.
        case trackerStoppedToo
    }

    @Test("goes on when a viewer is killed and the tracker stops", arguments: Fault.allCases)
    func survives(_ fault: Fault) async throws {
        let whole = try #require(Programme.bytes, "ffmpeg cannot make the programme")
        let bytes = Programme.part(of: whole, percent: 60)
        let swarm = try await Swarm.start(.separate)
        let publishing = Task { try await swarm.publish(bytes, of: whole.count) }
        let victim = try ViewerProcess(link: swarm.link.description)
        defer { victim.kill() }
        let taps = (0..<5).map { _ in Tap() }
        var viewers: [Driver] = []
        for (number, tap) in taps.enumerated() {
            viewers.append(try await swarm.join("viewer \(number)", into: tap))
        }
        try await eventually("the victim feeds nobody") {
            let rows = swarm.tracker?.snapshot?.peers ?? []
            return rows.contains { $0.name == ViewerProcess.name && ($0.children ?? 0) > 0 }
        }
        victim.kill()
        if fault == .trackerStoppedToo {
            try await Task.sleep(for: .seconds(1))
            await swarm.tracker?.stop()
        }
        try await publishing.value
        try await end(swarm, taps)
        for (number, tap) in taps.enumerated() {
            check(tap, "viewer \(number)", Programme.groups(of: bytes))
        }
        for viewer in viewers { await viewer.stop() }
    }

    /// Checks that a viewer has handed over groups of pictures in order, up to the end.
    ///
    /// A hole may be there on a busy machine: what stands before it ends within a group.
    private func check(_ tap: Tap, _ title: Comment, _ groups: [SHA256.Digest]) {
        let own = Programme.groups(of: tap.bytes)
        let known = own.filter { groups.contains($0) }
        #expect(tap.jumps <= 2, title)
        #expect(own.count - known.count <= tap.jumps, title)
        #expect(known.count > groups.count / 2, title)
        #expect(isOrdered(known, in: groups), title)
        #expect(own.last == groups.last, title)
    }

    /// Ends the stream and waits until all viewers have handed over its end.
    private func end(_ swarm: Swarm, _ taps: [Tap]) async throws {
        // What was published last must be on its way before the source says goodbye.
        try await Task.sleep(for: .milliseconds(300))
        await swarm.source.stop()
        try await eventually("the stream does not end") { taps.allSatisfy(\.hasEnded) }
    }

    private func isOrdered(_ part: [SHA256.Digest], in whole: [SHA256.Digest]) -> Bool {
        var rest = whole[...]
        for digest in part {
            guard let at = rest.firstIndex(of: digest) else { return false }
            rest = rest[(at + 1)...]
        }
        return true
    }

    /// Waits until something has become true; an issue is recorded when it does not within 10 s.
    private func eventually(_ what: Comment, _ condition: () -> Bool) async throws {
        for _ in 0..<500 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record(what)
    }
}
