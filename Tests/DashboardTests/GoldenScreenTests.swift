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
        state.moment = .held(0)
        var snapshot = Fixture.seenByViewer()
        snapshot.live = false
        let canvas = DashboardView.draw(snapshot, state, width: 80, height: 24)
        #expect(canvas.text == GoldenScreenTests.ascii)
    }

    @Test("100x30, a minute into a recording")
    func replay() throws {
        var play = SwarmPlay(viewers: 5)
        var bytes = Recording.headLine(channel: "", name: "")
        for _ in 0..<90 {
            bytes += Recording.line(play.snapshot, at: play.time)
            play.step()
        }
        var model = DashboardModel(replay: try Recording(bytes))
        for _ in 0..<60 { model.play(by: 1) }
        #expect(model.draw(width: 100, height: 30).text == GoldenScreenTests.replay)
    }

    private static let replay = """
        ╭─ candela · Sunday service ────────────────────────────────────────────────── up 1:01 · 12:01:01 ─╮
        │ REPLAY 1:00/1:29 ● LIVE  behind source 0.44s  buffer ████▊░░░ 0.60/1.00s safe  rescues 2 (2 ok)  │
        │ ✓ why: all is well: you play 0.44s behind the source; 2 late chunks were rescued before anybody  │
        │        saw it                                                                                    │
        ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
        ╭─ 1 Flow · last 90s ──────────────────────────────────────────╮╭─ 2 Health ───────────────────────╮
        │ down      3.5M▕              ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ ││ on time  100%  worst 100%        │
        │ up        1.4M▕              ▇▇▇▇▇▇▇▇▇█▇▇▇▇▇▇██▇▇▇█▇██▇▇▇█▇█ ││ peers    70%  source 30% rep –   │
        │ behind   0.44s▕              ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆ ││ behind   p50 0.44s worst 0.46s   │
        ╰──────────────────────────────────────────────────────────────╯╰─────────────────────── 1-3 of 8 ─╯
        ╭─▸4 Peers · 6 ────────────────────────────────────────────────────────────────────────────────────╮
        │   ID   NAME       ROLE   PATH       RTT   LOSS   DOWN     UP  BEHIND  BUFFER   CONT  SCORE  LAST │
        │   5a11 studio     source self         –      –      –   6.3M       –       –      –      –     – │
        │  *9e37 Viola      viewer direct      40     0%   3.5M   1.4M   0.44s   0.60s   100%   100%   now │
        │   3c6e Orsino     viewer direct      69     0%   3.4M   2.9M   0.41s   0.63s   100%   100%   now │
        │   daa6 Olivia     viewer direct      37     0%   3.5M   4.3M   0.46s   0.59s   100%   100%   now │
        │   78dd Feste      viewer direct      64     0%   3.4M   5.5M   0.44s   0.61s   100%   100%   now │
        │   1715 Malvolio   viewer direct      24     0%   3.4M      0   0.44s   0.60s   100%   100%   now │
        ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
        ╭─ 5 Events · newest last ─────────────────────────────────────────────────────────────────────────╮
        │ 12:00:27 ✓ info rescue    a chunk of block 270 was missing; the source brought it                │
        │ 12:00:30 ✓ info rescue    a chunk of block 300 was missing; the source brought it                │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
        q quit  ? help  / filter  s sort by role  t tree  r rescues  Enter detail  space freeze  [ ] time
        """

    private static let blocks = """
        ╭─ candela demo · Sunday service ─────────────────────────────────── up 12:34 ─╮
        │ ● LIVE  3.1M  behind source 0.48s  buffer ███▋░░░░ 0.45s fair  rescued 0     │
        │ ✓ why: all is well: all 6 viewers play in time                               │
        ╰───────────────────────────────────────── open http://127.0.0.1:8090/live.ts ─╯
        ╭─ 1 Flow · last 50s ──────────────────────╮╭─ 2 Health ───────────────────────╮
        │ media     3.1M▕                        ▆ ││ on time  100%  worst 100%        │
        │ up        6.2M▕                        ▆ ││ peers    70%  source 30% rep –   │
        │ behind   0.48s▕                        ▆ ││ behind   p50 0.48s worst 0.59s   │
        ╰──────────────────────────────────────────╯╰─────────────────────── 1-3 of 8 ─╯
        ╭─▸4 Peers · 7 ────────────────────────────────────────────────────────────────╮
        │   ID   NAME        ROLE      RTT   LOSS   DOWN     UP  BEHIND  BUFFER   CONT │
        │  *5a11 studio      source      –      –      –   6.2M       –       –      – │
        │   9e37 Viola       viewer    8.0     0%   3.5M   7.0M   0.41s   0.90s   100% │
        │   3c6e Orsino      viewer     21   0.4%   3.5M   5.6M   0.45s   0.81s   100% │
        │   daa6 Olivia      viewer     34   0.8%   3.5M   4.2M   0.48s   0.72s   100% │
        │   78dd Feste       viewer     47     0%   3.5M   2.8M   0.52s   0.63s   100% │
        │   1715 Malvolio    viewer     60   0.4%   3.5M   1.4M   0.55s   0.54s   100% │
        ╰─────────────────────────────────────────────────────────────────── 1-6 of 7 ─╯
        ╭─ 5 Events · newest last ─────────────────────────────────────────────────────╮
        │ 12:00:00 ✓ info joined    Viola joined                                       │
        │ 12:00:05 ▲ WARN parent    peer 7c3e was slow: 4 chunks late; replaced by     │
        │                           5a11                                               │
        ╰──────────────────────────────────────────────────────────────────────────────╯
        q quit  ? help  / filter  s sort by role  Enter detail  space freeze  [ ] time
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
        | X why: the source sends nothing for 2 s; the picture returns when it does    |
        +----------------------------------------- open http://127.0.0.1:8090/live.ts -+
        +- 1 Flow - last 50s ----------------------++- 2 Health -----------------------+
        | down      3.5M|                        # || on time  100%  worst 100%        |
        | up        7.0M|                        # || peers    70%  source 30% rep -   |
        | behind   0.48s|                        : || behind   p50 0.48s worst 0.59s   |
        +------------------------------------------++----------------------- 1-3 of 8 -+
        +- 4 Peers - 7 ----------------------------------------------------------------+
        |   ID   NAME        ROLE      RTT   LOSS   DOWN     UP  BEHIND  BUFFER   CONT |
        |   5a11 studio      source      -      -      -   6.2M       -       -      - |
        |  *9e37 Viola       viewer    8.0     0%   3.5M   7.0M   0.41s   0.90s   100% |
        +------------------------------------------------------------------- 1-2 of 7 -+
        +->6 Tree - stripe 1 (8 in all) -----------------------------------------------+
        | 5a11 studio -                                                                |
        | `- 9e37 Viola 0.41s                                                          |
        |    `- 3c6e Orsino 0.45s                                                      |
        |       `- daa6 Olivia 0.48s                                                   |
        |          `- 78dd Feste 0.52s                                                 |
        |             `- 1715 Malvolio 0.55s                                           |
        |                `- b54c Toby 0.59s                                            |
        +------------------------------------------------------------------------------+
        q quit  ? help  / filter  s sort by role  Esc back  space go on  [ ] time
        """
}
