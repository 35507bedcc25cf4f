import Telemetry
import Testing

@Suite("Playing in real networks", .serialized, RealNetwork.isPossible, .timeLimit(.minutes(2)))
struct PlayingTests {
    /// A small picture, so that the encoder leaves the machine to the network.
    private static let pattern = "pattern:160x90@10,300k"

    /// Starts a broadcast on a public address and returns it with its link.
    private func broadcast(_ lab: Lab, _ more: [String] = []) async throws -> (Station, String) {
        let words = ["broadcast", PlayingTests.pattern, "--listen", "\(Lab.first):4300"]
        let source = try Station(lab, lab.core, words + more)
        return (source, try await source.line())
    }

    private func join(_ lab: Lab, _ home: Lab.Home, _ link: String) throws -> Station {
        try Station(lab, home.host, ["join", link, "--http", "127.0.0.1:0", "--latency", "2s"])
    }

    @Test("a viewer behind a port-restricted NAT plays, also after its NAT has got another address")
    func rebinding() async throws {
        let lab = Lab()
        defer { lab.close() }
        let home = lab.home(.portRestricted)
        let (source, link) = try await broadcast(lab)
        let viewer = try join(lab, home, link)
        let other = try join(lab, lab.home(.restricted), link)
        let playing = await viewer.snapshot(within: 15) {
            $0.me?.continuity ?? 0 > 0 && $0.live && PlayingTests.isMet(other, in: $0)
        }
        #expect(playing?.live == true, "\(viewer.child.errors)")
        lab.rebind(home)
        try await Task.sleep(for: .seconds(3))
        let after = await viewer.snapshot(within: 6) {
            $0.live && PlayingTests.isMet(other, in: $0)
        }
        #expect(after.map { PlayingTests.isMet(other, in: $0) } == true, "\(viewer.child.errors)")
        #expect(other.snapshot()?.stalls == 0, "\(other.child.errors)")
        #expect(after?.live == true, "\(viewer.child.errors)")
        #expect(after?.stalls == 0, "\(viewer.child.errors)")
        #expect(after?.me?.continuity ?? 0 > 0.99)
        #expect(source.snapshot()?.meetings?.moves ?? 0 > 0)
        #expect(source.child.ended == nil)
    }

    /// Whether a viewer has a neighbour that it has heard of within the last second and a half.
    private static func isMet(_ other: Station, in snapshot: SwarmSnapshot) -> Bool {
        guard let id = other.snapshot()?.own else { return false }
        return snapshot.peers.contains { $0.id == id && $0.lastS ?? .infinity < 1.5 }
    }

    @Test("two viewers behind cone NATs feed each other when the source cannot feed both")
    func feeding() async throws {
        let lab = Lab()
        defer { lab.close() }
        let homes = [lab.home(.portRestricted), lab.home(.restricted)]
        let (source, link) = try await broadcast(lab, ["--up", "450k"])
        let viewers = try homes.map { try join(lab, $0, link) }
        let swarm = await source.snapshot(within: 15) { swarm in
            let viewers = swarm.peers.filter { $0.role == "viewer" }
            return viewers.count == 2 && swarm.p2pShare ?? 0 > 0.1
        }
        #expect(swarm?.p2pShare ?? 0 > 0.1, "\(source.child.errors)")
        for viewer in viewers {
            let own = await viewer.snapshot(within: 5) { $0.live && $0.me?.continuity ?? 0 > 0.8 }
            #expect(own?.me?.continuity ?? 0 > 0.8, "\(viewer.child.errors)")
        }
    }

    @Test("a NAT that forgets after 10 s loses no path")
    func timeout() async throws {
        let lab = Lab()
        defer { lab.close() }
        let home = lab.home(.portRestricted)
        lab.expire(home, afterSeconds: 10)
        let (_, link) = try await broadcast(lab)
        let viewer = try join(lab, home, link)
        let playing = await viewer.snapshot(within: 10) { $0.live }
        #expect(playing?.live == true, "\(viewer.child.errors)")
        try await Task.sleep(for: .seconds(12))
        let after = try #require(viewer.snapshot())
        #expect(after.live)
        #expect(after.me?.continuity ?? 0 > 0.99, "\(viewer.child.errors)")
        #expect(after.stalls == 0)
    }

    @Test(
        "a broadcast behind a NAT is reached by the port that its router maps, and takes it away",
        RealNetwork.hasRouterDaemon,
        arguments: [UPnPDaemon.Languages.all, .upnp]
    )
    func mappedBroadcast(languages: UPnPDaemon.Languages) async throws {
        let lab = Lab()
        defer { lab.close() }
        let home = lab.home(.portRestricted)
        let router = try #require(UPnPDaemon(lab, home, languages))
        try #require(await router.isReady(), "\(router.child.errors)")
        let words = ["broadcast", PlayingTests.pattern, "--listen", "0.0.0.0:4300"]
        let source = try Station(lab, home.host, words)
        let link = try await source.line()
        #expect(link.contains("\(home.outside):4300"), "\(link)")
        #expect(router.mappings.count == 1, "\(router.mappings)")
        let mapping = source.snapshot()?.portMapping
        #expect(mapping?.state == "mapped")
        #expect(mapping?.language == (languages == .all ? "PCP" : "UPnP"))
        let elsewhere = lab.home(.portRestricted)
        let viewer = try join(lab, elsewhere, link)
        let playing = await viewer.snapshot(within: 10) { $0.live }
        #expect(playing?.live == true, "\(viewer.child.errors)")
        source.child.stop()
        #expect(await eventually(within: 2) { router.mappings.isEmpty }, "\(router.mappings)")
    }
}
