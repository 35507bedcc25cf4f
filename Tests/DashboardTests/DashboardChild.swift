import Glibc
import Synchronization
import Telemetry
import Testing

@testable import Dashboard

/// The other end of `PseudoTerminal`: runs a dashboard when the environment says so, and is no test
/// otherwise.
@Suite struct DashboardChild {
    static var order: [String]? {
        getenv("DASHBOARD_CHILD").map { String(cString: $0).split(separator: " ").map(String.init) }
    }

    @Test("runs a dashboard on a pseudo-terminal", .enabled(if: order != nil))
    func run() throws {
        let words = try #require(Self.order)
        let viewers = (words.first.flatMap { Int($0) } ?? 7) - 1
        let feed = Feed(SwarmPlay(viewers: viewers), isIdle: words.contains("idle"))
        var setup = DashboardSetup(title: "candela test", footer: "")
        setup.interval = words.contains("fast") ? 0.25 : 1
        setup.link = "candela://0123?t=192.0.2.1:9000"
        if words.contains("replay") { setup.replay = try Self.recording(viewers) }
        let hides = words.contains("hide")
        let picture = Picture(
            width: 2,
            height: 2,
            pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]
        )
        let dashboard = TerminalUI(setup, picture: { picture }) { feed.next(hides: hides) }
        if words.contains("crash") { Self.crashSoon() }
        print(PseudoTerminal.start)
        let reason = dashboard.run()
        print("ended: \(reason)")
        if words.contains("hostile") { #expect(reason == .quit) }
    }

    private static func recording(_ viewers: Int) throws -> Recording {
        var play = SwarmPlay(viewers: viewers)
        var bytes = Recording.headLine(channel: "c", name: "n")
        for _ in 0..<300 {
            bytes += Recording.line(play.snapshot, at: play.time)
            play.step()
        }
        return try Recording(bytes)
    }

    /// A fault in another thread than the screen's.
    private static func crashSoon() {
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { _ in
                usleep(700_000)
                fatalError("a deliberate fault")
            },
            nil
        )
    }
}

/// A swarm that lives one second with every refresh.
private final class Feed: Sendable {
    private let play: Mutex<SwarmPlay>
    private let isIdle: Bool

    init(_ play: SwarmPlay, isIdle: Bool) {
        self.play = Mutex(play)
        self.isIdle = isIdle
    }

    /// The next second; of those that hide, nothing from the sixth to the thirtieth.
    func next(hides: Bool) -> SwarmSnapshot? {
        play.withLock { play in
            if !isIdle { play.step() }
            return hides && (6..<30).contains(play.second) ? nil : play.snapshot
        }
    }
}
