import Telemetry
import Testing

@testable import Dashboard

/// Whole screens as they are meant to be: a change here is a change that people see.
@Suite struct GoldenScreenTests {
    private func state() -> ViewState {
        var state = ViewState()
        state.title = "candela demo"
        state.footer = "open http://127.0.0.1:8090/live.ts"
        return state
    }

    @Test("80x24 in blocks, from the source")
    func blocks() {
        let canvas = DashboardView.draw(Fixture.swarm(), state(), width: 80, height: 24)
        #expect(canvas.text == GoldenScreenTests.blocks)
    }

    @Test("20x5, from a viewer")
    func least() {
        let canvas = DashboardView.draw(Fixture.seenByViewer(), state(), width: 20, height: 5)
        #expect(canvas.text == GoldenScreenTests.least)
    }

    @Test("80x24 in ASCII, frozen on a stripe of an offline channel")
    func ascii() {
        var state = state()
        state.glyphs = .ascii
        state.pane = .tree
        state.treeStep = 2
        state.isFrozen = true
        var snapshot = Fixture.seenByViewer()
        snapshot.live = false
        let canvas = DashboardView.draw(snapshot, state, width: 80, height: 24)
        #expect(canvas.text == GoldenScreenTests.ascii)
    }

    private static let blocks = """
        ╭─ candela demo · Sunday service ─────────────────────────────────── up 12:34 ─╮
        │ ● LIVE  3.1M  behind source 0.48s  buffer ███▋░░░░ 0.45s fair  rescued 0     │
        │ ✓ all is well: all 6 viewers play in time                                    │
        ╰───────────────────────────────────────── open http://127.0.0.1:8090/live.ts ─╯
        ╭─▸1 Peers · 7 ────────────────────────────────────────────────────────────────╮
        │   ID   NAME        ROLE      RTT   LOSS   DOWN     UP  BEHIND  BUFFER   CONT │
        │ ▸ 5a11 studio      source      –      –      –   6.2M       –       –      – │
        │   9e37 Viola       viewer    8.0     0%   3.5M   7.0M   0.41s   0.90s   100% │
        │   3c6e Orsino      viewer     21   0.4%   3.5M   5.6M   0.45s   0.81s   100% │
        │   daa6 Olivia      viewer     34   0.8%   3.5M   4.2M   0.48s   0.72s   100% │
        │   78dd Feste       viewer     47     0%   3.5M   2.8M   0.52s   0.63s   100% │
        │   1715 Malvolio    viewer     60   0.4%   3.5M   1.4M   0.55s   0.54s   100% │
        │   b54c Toby        viewer     73   0.8%   3.5M      0   0.59s   0.45s   100% │
        ╰──────────────────────────────────────────────────────────────────────────────╯
        ╭─ 3 Events · newest last ───────────────────╮╭─ 4 Health ─────────────────────╮
        │ 12:00:00 ✓ info Viola joined               ││ on time  100%  worst 100%      │
        │ 12:00:05 ▲ WARN peer 7c3e was slow: 4      ││ picture  100%  worst 100%      │
        │                 chunks late; replaced by   ││ behind   p50 0.48s worst 0.59s │
        │                 5a11                       ││ peers    70%  source 30%       │
        │                                            ││ cost     ×1.80  wire +12%      │
        │                                            ││ repair   0 rescued  0 stalls   │
        │                                            ││ startup  p50 0.38s worst 0.39s │
        ╰────────────────────────────────────────────╯╰───────────────────── 1-7 of 9 ─╯
        q quit  ? help  tab 1-4 panes  ↑↓ scroll  s sort by role  / filter  space freeze
        """

    private static let least = """
        ● LIVE rescued 0
        behind 0.4s buf 0.9s
        ✓ all is well: you
          play 0.41s behind…
        q quit ? help s sort
        """

    private static let ascii = """
        +- candela demo - Sunday service ----------------------------------- up 12:34 -+
        | o OFFLINE   FROZEN   behind 0.41s  buffer #######. 0.90s safe  rescued 0     |
        | X the source sends nothing for 2 s; the picture returns when it does         |
        +----------------------------------------- open http://127.0.0.1:8090/live.ts -+
        +- 1 Peers - 7 ----------------------------------------------------------------+
        |   ID   NAME        ROLE      RTT   LOSS   DOWN     UP  BEHIND  BUFFER   CONT |
        |   5a11 studio      source      -      -      -   6.2M       -       -      - |
        | > 9e37 Viola       viewer    8.0     0%   3.5M   7.0M   0.41s   0.90s   100% |
        |   3c6e Orsino      viewer     21   0.4%   3.5M   5.6M   0.45s   0.81s   100% |
        |   daa6 Olivia      viewer     34   0.8%   3.5M   4.2M   0.48s   0.72s   100% |
        |   78dd Feste       viewer     47     0%   3.5M   2.8M   0.52s   0.63s   100% |
        |   1715 Malvolio    viewer     60   0.4%   3.5M   1.4M   0.55s   0.54s   100% |
        |   b54c Toby        viewer     73   0.8%   3.5M      0   0.59s   0.45s   100% |
        +------------------------------------------------------------------------------+
        +- 3 Events - newest last -------------------++->2 Tree - stripe 1 (8 in all) -+
        | 12:00:00 = info Viola joined               || 5a11 studio -                  |
        | 12:00:05 ! WARN peer 7c3e was slow: 4      || `- 9e37 Viola 0.41s            |
        |                 chunks late; replaced by   ||    `- 3c6e Orsino 0.45s        |
        |                 5a11                       ||       `- daa6 Olivia 0.48s     |
        |                                            ||          `- 78dd Feste 0.52s   |
        |                                            ||             `- 1715 Malvolio ~ |
        |                                            ||                `- b54c Toby 0~ |
        +--------------------------------------------++--------------------------------+
        q quit  ? help  tab 1-4 panes  arrows scroll  s sort  / filter  space go on
        """
}
