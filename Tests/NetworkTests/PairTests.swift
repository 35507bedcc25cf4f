import Telemetry
import Testing

/// Two viewers behind a pair of NATs, and what they need the tracker for.
@Suite("Pairs of real NATs", .serialized, RealNetwork.isPossible, .timeLimit(.minutes(3)))
struct PairTests {
    /// Two NATs, and whether viewers behind them can meet.
    struct Pair: CustomTestStringConvertible, Sendable {
        let one: Nat
        let other: Nat

        /// A port for each remote, at random, meets nobody whose filter looks at ports.
        var meets: Bool {
            let hard: [Nat] = [.portRestricted, .symmetric]
            return !(hard.contains(one) && hard.contains(other))
                || ![one, other].contains(.symmetric)
        }

        var testDescription: String { "\(one.rawValue) and \(other.rawValue)" }

        /// Each kind with itself, and with the commonest one; and the two that a port alone keeps apart.
        static let all: [Pair] = {
            let kinds: [Nat] = [.none, .full, .restricted, .portRestricted, .symmetric]
            let alike = kinds.map { Pair(one: $0, other: $0) }
            let common = kinds.filter { $0 != .portRestricted }
                .map { Pair(one: .portRestricted, other: $0) }
            return alike + common + [Pair(one: .restricted, other: .symmetric)]
        }()
    }

    /// A small picture, so that the encoder leaves the machine to the network.
    private static let pattern = "pattern:160x90@10,300k"

    @Test(
        "two viewers meet where their NATs let them, and both play in any case",
        arguments: Pair.all
    )
    func pair(pair: Pair) async throws {
        let lab = Lab()
        defer { lab.close() }
        let homes = [lab.home(pair.one), lab.home(pair.other)]
        let words = ["broadcast", PairTests.pattern, "--listen", "\(Lab.first):4300"]
        let source = try Station(lab, lab.core, words)
        let link = try await source.line()
        let viewers = try homes.map { home in
            let words = ["join", link, "--http", "127.0.0.1:0", "--no-port-mapping"]
            return try Station(lab, home.host, words)
        }
        for viewer in viewers {
            let playing = await viewer.snapshot(within: 12) { $0.live && $0.startupMs.p50 != nil }
            #expect(playing?.live == true, "\(viewer.child.errors)")
        }
        guard pair.meets else { return }
        let met = await viewers[0].snapshot(within: 15) { PairTests.others($0) == ["direct"] }
        #expect(met.map(PairTests.others) == ["direct"], "\(viewers.map(\.child.errors))")
    }

    /// The paths to other viewers.
    private static func others(_ snapshot: SwarmSnapshot) -> [String] {
        snapshot.peers.filter { $0.role == "viewer" && $0.path != "self" }.compactMap(\.path)
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
    }
}
