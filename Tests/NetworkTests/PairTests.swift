import Glibc
import Telemetry
import Testing

/// Two viewers behind a pair of NATs, and what they need the tracker for.
@Suite("Pairs of real NATs", .serialized, RealNetwork.isPossible, .timeLimit(.minutes(3)))
struct PairTests {
    /// Two kinds of homes.
    struct Pair: CustomTestStringConvertible, Sendable {
        let one: HomeKind
        let other: HomeKind

        var testDescription: String { "\(one.rawValue) and \(other.rawValue)" }

        /// Every kind with itself and every other.
        static let all = HomeKind.allCases.indices.flatMap { at in
            HomeKind.allCases[at...].map { Pair(one: HomeKind.allCases[at], other: $0) }
        }
    }

    /// Some pairs that are tried at the same time, each in a lab of its own.
    struct Round: CustomTestStringConvertible, Sendable {
        let pairs: ArraySlice<Pair>

        var testDescription: String {
            pairs.map(\.testDescription).joined(separator: ", ")
        }

        static let all = stride(from: 0, to: Pair.all.count, by: 5).map {
            Round(pairs: Pair.all[$0..<min($0 + 5, Pair.all.count)])
        }
    }

    /// A small picture, so that the encoder leaves the machine to the network.
    private static let pattern = "pattern:160x90@10,300k"

    @Test(
        "two viewers meet where their NATs let them, and both play in any case",
        RealNetwork.hasRouterDaemon,
        arguments: Round.all
    )
    func round(round: Round) async throws {
        try await withThrowingTaskGroup { group in
            for pair in round.pairs { group.addTask { try await PairTests.meet(pair) } }
            try await group.waitForAll()
        }
    }

    private static func meet(_ pair: Pair) async throws {
        let lab = Lab()
        defer { lab.close() }
        var homes: [Lab.Home] = []
        for kind in [pair.one, pair.other] {
            homes.append(try #require(await kind.make(in: lab), "\(kind)"))
        }
        let words = ["broadcast", PairTests.pattern, "--listen", "\(Lab.first):4300"]
        let source = try Station(lab, lab.core, words)
        let link = try await source.line()
        let viewers = try zip(homes, [pair.one, pair.other]).map { home, kind in
            let words = ["join", link, "--http", "127.0.0.1:0"]
            let alone = kind == .mapped ? [] : ["--no-port-mapping"]
            return try Station(lab, home.host, words + alone)
        }
        for viewer in viewers {
            let playing = await viewer.snapshot(within: 12) { $0.live && $0.startupMs.p50 != nil }
            #expect(playing?.live == true, "\(pair.testDescription): \(viewer.child.errors)")
        }
        guard pair.one.meets(pair.other) else { return }
        // What fails is tried again after some seconds.
        let patience = pair.one.isForetold || pair.other.isForetold ? 40.0 : 15
        let met = await viewers[0].snapshot(within: patience) { PairTests.others($0) == ["direct"] }
        let errors = viewers.map(\.child.errors)
        #expect(
            met.map(PairTests.others) == ["direct"],
            "\(pair.testDescription): \(errors)"
        )
    }

    /// The paths to other viewers.
    private static func others(_ snapshot: SwarmSnapshot) -> [String] {
        snapshot.peers.filter { $0.role == "viewer" && $0.path != "self" }.compactMap(\.path)
    }

    @Test("who is gone gets at most 6 datagrams of 64 bytes by an introduction to him")
    func stranger() async throws {
        let lab = Lab()
        defer { lab.close() }
        let homes = [lab.home(.none), lab.home(.none)]
        let words = ["broadcast", PairTests.pattern, "--listen", "\(Lab.first):4300"]
        let source = try Station(lab, lab.core, words)
        let link = try await source.line()
        let join = ["join", link, "--http", "127.0.0.1:0", "--no-port-mapping"]
        let victim = try Station(lab, homes[0].host, join)
        let playing = await victim.snapshot(within: 10) { $0.startupMs.p50 != nil }
        #expect(playing != nil, "\(victim.child.errors)")
        victim.child.stop(SIGKILL)
        let counter = """
            table ip count {
              counter arrivals { }
              counter oversize { }
              chain entering {
                type filter hook prerouting priority -300;
                ip saddr \(homes[1].inside) meta l4proto udp counter name arrivals
                ip saddr \(homes[1].inside) udp length > 72 counter name oversize
              }
            }
            """
        lab.exec(homes[0].host, ["nft", "-f", Child.write(counter, "\(homes[0].host).count")])
        let viewer = try Station(lab, homes[1].host, join)
        _ = await viewer.snapshot(within: 6) { $0.meetings?.introductions ?? 0 > 1 }
        try await Task.sleep(for: .seconds(4))
        let count = PairTests.count("arrivals", lab, homes[0].host)
        // A snapshot is a moment old: one taken later knows of every introduction that made these arrive.
        try await Task.sleep(for: .milliseconds(1_500))
        // One of its introductions was to the source.
        let taken = (viewer.snapshot()?.meetings?.introductions ?? 0) - 1
        #expect(taken >= 1 && (1...6 * max(1, taken)).contains(count), "\(count) by \(taken)")
        #expect(PairTests.count("oversize", lab, homes[0].host) == 0)
    }

    private static func count(_ name: String, _ lab: Lab, _ host: String) -> Int {
        let said = lab.exec(host, ["nft", "list", "counter", "ip", "count", name])
        return said.split(whereSeparator: \.isWhitespace).drop { $0 != "packets" }.dropFirst().first
            .flatMap { Int($0) } ?? -1
    }

    @Test("a source that no viewer can reach is passed on by the tracker, and all three tell so")
    func relayed() async throws {
        let lab = Lab()
        defer { lab.close() }
        let homes = [lab.home(.symmetric), lab.home(.symmetric)]
        let place = "\(Lab.second):4310"
        let tracker = try Station(lab, lab.core, ["tracker", "--listen", place])
        let words = [
            "broadcast", PairTests.pattern, "--listen", "0.0.0.0:4300", "--no-port-mapping",
            "--tracker", try await tracker.line(),
        ]
        let source = try Station(lab, homes[0].host, words)
        let link = try await source.line()
        let viewer = try Station(
            lab,
            homes[1].host,
            ["join", link, "--http", "127.0.0.1:0", "--no-port-mapping"]
        )
        let playing = await viewer.snapshot(within: 15) { $0.live && $0.startupMs.p50 != nil }
        #expect(playing?.live == true, "\(viewer.child.errors)")
        #expect(playing?.peers.first { $0.role == "source" }?.path == "relayed")
        #expect(playing?.meetings?.relayed == 1)
        let row = tracker.snapshot()?.tracking
        #expect(row?.relays == 1)
        #expect(row?.relayedBytes ?? 0 > 20_000)
        #expect(row?.relayOverCap == 0)
        #expect(row?.bindings?.requests ?? 0 > 0, "peers look at their NATs through it")
    }
}
