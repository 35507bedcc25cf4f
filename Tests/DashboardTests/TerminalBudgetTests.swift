import Glibc
import Testing

@testable import Dashboard

/// What the dashboard costs on a terminal.
///
/// What takes time is printed, never asserted: other tests run beside. Asserted are bytes.
@Suite(.timeLimit(.minutes(2))) struct TerminalBudgetTests {
    /// Bytes and processor time per refresh over some refreshes of a quarter of a second, where a
    /// second of the swarm passes with each.
    ///
    /// Refreshes are counted by the time that passed: on a busy machine a take lasts longer than it
    /// was told to, and more refreshes fall into it.
    private func measure(
        _ terminal: PseudoTerminal,
        refreshes: Int = 16
    ) async -> (mean: Int, most: Int, processor: Double) {
        let before = terminal.processorTime ?? 0
        let start = PseudoTerminal.now()
        var sizes: [Int] = []
        for _ in 0..<refreshes { sizes.append(await terminal.take(seconds: 0.25)) }
        let passed = max(Double(refreshes), (PseudoTerminal.now() - start) / 0.25)
        let processor = ((terminal.processorTime ?? 0) - before) / passed
        return (Int(Double(sizes.reduce(0, +)) / passed), sizes.max() ?? 0, processor)
    }

    @Test("needs few bytes a refresh", arguments: [(24, 1_500), (200, 4_000), (1_000, 4_000)])
    func bytes(_ peers: Int, _ budget: Int) async throws {
        let terminal = try await PseudoTerminal.open(.playing(peers: peers, ["fast"]))
        await terminal.take(seconds: 1)
        let live = await measure(terminal)
        let share = (live.processor * 1e5).rounded() / 1e3
        print("\(peers) peers: \(live.mean) bytes a refresh, \(share) % of a core at 1 Hz")
        #expect(live.mean > 50 && live.mean <= budget)
    }

    @Test("needs few bytes with graphs that are full")
    func bytesOfReplay() async throws {
        let terminal = try await PseudoTerminal.open(.playing(peers: 24, ["fast", "replay"]))
        terminal.type("}}}}}}}}")
        await terminal.take(seconds: 0.6)
        let full = await measure(terminal)
        print("full graphs: \(full.mean) bytes a refresh, at most \(full.most)")
        #expect(full.mean > 20 && full.mean <= 1_500)
    }

    @Test("is quiet while nothing changes")
    func idle() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["idle"]))
        await terminal.take(seconds: 1.5)
        let start = PseudoTerminal.now()
        let bytes = await terminal.take(seconds: 4)
        // A busy machine takes longer, and more seconds bring more bytes.
        let rate = Double(bytes) / (PseudoTerminal.now() - start)
        print("idle: \(Int(rate)) bytes a second")
        #expect(bytes > 0 && rate <= 100)
    }

    @Test("paints its first screen and answers keys at once")
    func keys() async throws {
        let terminal = try await PseudoTerminal.open(.playing(["idle"]))
        let paint = terminal.paintedAt - terminal.startedAt
        // The cursor of the table comes in sight, and then goes up and down.
        terminal.type("jj")
        await terminal.take(seconds: 0.3)
        var times: [Double] = []
        for round in 0..<100 {
            await terminal.take(seconds: 0.01)
            let before = terminal.output.count
            let start = PseudoTerminal.now()
            terminal.type(round % 2 == 0 ? "\u{1B}[B" : "\u{1B}[A")
            terminal.take(within: 50)
            #expect(await terminal.take(seconds: 40) { terminal.output.count > before })
            times.append((PseudoTerminal.now() - start) * 1e3)
        }
        times.sort()
        print("first paint: \(paint * 1e3) ms")
        print("key to first byte: median \(times[50]) ms, p99 \(times[98]) ms")
    }
}
