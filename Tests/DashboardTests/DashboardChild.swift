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
        Fault.arm(words)
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

}

/// What goes wrong when the one at the other end asks for it with SIGUSR1.
private enum Fault {
    private static let isDue = Atomic(false)
    private static let isOwn = Atomic(false)

    static func arm(_ words: [String]) {
        signal(SIGUSR1) { _ in Fault.isDue.store(true, ordering: .relaxed) }
        if words.contains("trap") { isOwn.store(true, ordering: .relaxed) }
        if words.contains("crash") { start { _ in Fault.waitAndTrap() } }
        if words.contains("segv") { start { _ in Fault.waitAndFault() } }
    }

    /// In the thread of the screen.
    static func strike() {
        guard isOwn.load(ordering: .relaxed), isDue.load(ordering: .relaxed) else { return }
        fatalError("a deliberate fault")
    }

    private static func start(
        _ body: @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    ) {
        var thread = pthread_t()
        pthread_create(&thread, nil, body, nil)
    }

    private static func wait() {
        while !isDue.load(ordering: .relaxed) { usleep(5_000) }
    }

    private static func waitAndTrap() -> Never {
        wait()
        fatalError("a deliberate fault")
    }

    private static func waitAndFault() -> UnsafeMutableRawPointer? {
        wait()
        UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = 1
        return nil
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
        Fault.strike()
        return play.withLock { play in
            if !isIdle { play.step() }
            return hides && (6..<30).contains(play.second) ? nil : play.snapshot
        }
    }
}
