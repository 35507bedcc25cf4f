import ArgumentParser
import Dashboard
import Telemetry

/// The verb `candela bench dashboard`.
struct DashboardBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "The dashboard: sort, filter, scroll and draw tables of many peers."
    )

    @OptionGroup var options: BenchOptions

    private static let counts = [24, 200, 1_000]
    private static let screens = [(width: 120, height: 40), (width: 500, height: 200)]
    /// Frames of each kind of work.
    private static let frames = 200

    func run() throws {
        var rows: [BenchResult] = []
        for count in DashboardBenchCommand.counts {
            for screen in DashboardBenchCommand.screens {
                options.progress("\(count) peers at \(screen.width)x\(screen.height)")
                rows.append(DashboardBenchCommand.measure(count, screen))
            }
        }
        var result = BenchResult("dashboard")
        result["unit"] = .text("ms a frame, key to cells: median, p99, worst")
        result["budget_ms"] = .number(16)
        result["screens"] = .list(rows)
        try options.print(result)
    }

    private static func measure(
        _ peers: Int,
        _ screen: (width: Int, height: Int)
    ) -> BenchResult {
        var row = BenchResult()
        row["peers"] = .count(peers)
        row["screen"] = .text("\(screen.width)x\(screen.height)")
        for (name, keys) in works {
            row[name] = .text(times(peers, screen, keys))
        }
        return row
    }

    /// What is done before each frame, again and again.
    private static let works: [(String, [Key])] = [
        ("draw", []),
        ("sort", [.character("s")]),
        ("filter", [.character("/"), .character("v"), .character("7"), .escape]),
        ("scroll", [.down, .down, .pageDown, .up]),
    ]

    /// Draws frames, a key before each, while a second of the swarm passes with every tenth.
    private static func times(
        _ peers: Int,
        _ screen: (width: Int, height: Int),
        _ keys: [Key]
    ) -> String {
        var model = DashboardModel()
        var swarm = BenchSwarm(peers: peers)
        for second in 0..<120 { model.observe(swarm.next(), at: Double(second)) }
        _ = model.draw(width: screen.width, height: screen.height)
        var spans: [Double] = []
        for frame in 0..<frames {
            if frame % 10 == 0 { model.observe(swarm.next(), at: 120 + Double(frame / 10)) }
            let start = BenchClock.now
            if !keys.isEmpty { _ = model.handle(keys[frame % keys.count]) }
            _ = model.draw(width: screen.width, height: screen.height)
            spans.append(Double(BenchClock.now - start) / 1e6)
        }
        spans.sort()
        return [spans[frames / 2], spans[frames - 1 - frames / 100], spans[frames - 1]]
            .map { "\(($0 * 100).rounded() / 100)" }.joined(separator: " ")
    }
}

/// A swarm whose measures change with every second.
private struct BenchSwarm {
    private var snapshot = SwarmSnapshot()
    private var second = 0

    init(peers: Int) {
        snapshot.live = true
        snapshot.name = "bench"
        snapshot.viewers = peers - 1
        snapshot.peers = (0..<peers).map { number in
            var row = PeerRow()
            let digits = String(UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
            row.id = String(repeating: "0", count: 16 - digits.count) + digits
            row.name = "viewer \(number * 7_919 % peers)"
            row.role = number == 0 ? "source" : "viewer"
            row.path = number % 3 == 0 ? "relayed" : "direct"
            for stripe in 0..<8 where number > 0 {
                row.parents["\(stripe)"] = snapshot.peers.last?.id ?? row.id
            }
            return row
        }
        snapshot.own = snapshot.peers.first?.id
    }

    mutating func next() -> SwarmSnapshot {
        second += 1
        for index in snapshot.peers.indices {
            let noise = Double((index * 31 + second * 17) % 97)
            snapshot.peers[index].rttMs = 8 + noise
            snapshot.peers[index].loss = noise / 10_000
            snapshot.peers[index].downBps = 3e6 + noise * 1e3
            snapshot.peers[index].upBps = 1e6 + noise * 1e4
            snapshot.peers[index].lagMs = 400 + noise
            snapshot.peers[index].bufferMs = 500 + noise
            snapshot.peers[index].continuity = 1
            snapshot.peers[index].children = index % 5
        }
        snapshot.lagMs = Quantiles(of: snapshot.peers.compactMap(\.lagMs))
        return snapshot
    }
}
