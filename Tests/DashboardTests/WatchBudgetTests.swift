import BuiltProgram
import Gateway
import Glibc
import Synchronization
import Telemetry
import Testing

@testable import Dashboard

/// What the whole of `candela watch` costs beside the node that it watches: asking, decoding, drawing.
///
/// What takes time is printed, never asserted: other tests run beside. Asserted are bytes.
@Suite(.timeLimit(.minutes(2))) struct WatchBudgetTests {
    @Test("asks once a second and needs few bytes", arguments: [(24, 1_500), (200, 4_000)])
    func whole(_ peers: Int, _ budget: Int) async throws {
        let node = Node(peers: peers)
        let folder = "/tmp/candela-budget-\(getpid())-\(peers)"
        try #require(mkdir(folder, 0o700) == 0)
        defer { rmdir(folder) }
        let path = "\(folder)/node.sock"
        let server = try await ControlServer.start(path: path) { node.next() }
        let program = try BuiltProgram.path()
        let terminal = try await PseudoTerminal.open(
            .playing(peers: peers) { $0.command = [program, "watch", path] }
        )
        await terminal.take(seconds: 2.5)
        let (asked, spent, start) = (node.asked, terminal.threadTime, PseudoTerminal.now())
        let bytes = await terminal.take(seconds: 6)
        let passed = PseudoTerminal.now() - start
        let share = (terminal.threadTime - spent) / passed * 100
        let rate = Double(bytes) / passed
        print(
            "watch beside \(peers) peers: \(Int(rate)) bytes/s, \((share * 1e3).rounded() / 1e3) % of a core,"
                + " \(node.asked - asked) questions in \(Int(passed.rounded())) s"
        )
        #expect(rate > 50 && rate <= Double(budget))
        #expect(Double(node.asked - asked) <= passed + 2)
        terminal.type("q")
        #expect(await terminal.end() == 0)
        await server.stop()
    }
}

/// A node of a swarm that lives a second with every question, and has as much to tell as one that has
/// run for a while.
private final class Node: Sendable {
    private let state: Mutex<(play: SwarmPlay, asked: Int)>

    init(peers: Int) {
        var play = SwarmPlay(viewers: peers - 1)
        for _ in 0..<2_400 { play.step() }
        state = Mutex((play, 0))
    }

    /// How often it was asked.
    var asked: Int { state.withLock { $0.asked } }

    func next() -> SwarmSnapshot {
        state.withLock { state in
            state.play.step()
            state.asked += 1
            return state.play.snapshot
        }
    }
}
