import CNcurses
import CTermGuard
import Glibc
import Synchronization
public import Telemetry

/// The dashboard on a terminal.
///
/// `run` blocks the thread that calls it and is the only user of ncurses; everything else may go on
/// elsewhere. Whatever ends the process while it runs, the terminal is restored. While it runs, stderr
/// goes to the log, and INT, TERM, HUP, WINCH, TSTP and CONT are handled here; the handlers that were
/// there before are back when it returns, and are not called meanwhile: act on the reason it returns.
/// Whoever takes signals by other means tells it with `stop` or `termguard_notify`. One at a time.
public final class TerminalUI: Sendable {
    private let setup: DashboardSetup
    private let snapshot: @Sendable () -> SwarmSnapshot?
    private let picture: @Sendable () -> Picture?
    private let isStopped = Atomic(false)

    /// Prepares a dashboard.
    ///
    /// `title` and `footer` stand in the frame of the header. stderr is appended to the file `log`; without
    /// one it is kept in memory and shown after a crash. `snapshot` is called on the thread of `run`,
    /// once a second and after keys, and must not block.
    public convenience init(
        title: String,
        footer: String,
        log: String? = nil,
        snapshot: @escaping @Sendable () -> SwarmSnapshot?
    ) {
        self.init(DashboardSetup(title: title, footer: footer, log: log), snapshot: snapshot)
    }

    /// Prepares a dashboard with everything that it can do.
    ///
    /// `snapshot` and `picture` are called on the thread of `run`, once a second, and must not block;
    /// `picture` only while the pane of the picture is shown. A snapshot that is nil says that the one
    /// who sends them does not answer: the screen says so, and goes on when one comes again.
    public init(
        _ setup: DashboardSetup,
        picture: @escaping @Sendable () -> Picture? = { nil },
        snapshot: @escaping @Sendable () -> SwarmSnapshot?
    ) {
        self.setup = setup
        self.picture = picture
        self.snapshot = snapshot
    }

    /// How often it is looked for the shell's `fg`, in microseconds: as soon as people expect it.
    private static let backgroundPause: UInt32 = 100_000

    /// Why no dashboard can be shown here; nil when it can.
    public static var obstacle: String? {
        guard isatty(STDIN_FILENO) == 1 else { return "standard input is not a terminal" }
        guard isatty(STDOUT_FILENO) == 1 else { return "standard output is not a terminal" }
        guard let term = getenv("TERM"), term.pointee != 0 else { return "TERM is not set" }
        let name = String(cString: term)
        return ["dumb", "unknown"].contains(name) ? "TERM=\(name) cannot place characters" : nil
    }

    /// Shows the dashboard until the user quits, a signal comes, or `stop` is called.
    ///
    /// Where the shell started it in the background, nothing is shown before its `fg`.
    public func run() -> ExitReason {
        if let obstacle = TerminalUI.obstacle { return .unusable(obstacle) }
        while !termguard_foreground() {
            guard !isStopped.load(ordering: .acquiring) else { return .stopped }
            usleep(TerminalUI.backgroundPause)
        }
        guard termguard_arm(setup.log) else {
            let about = setup.log.map { ", or its log \($0) cannot be written" } ?? ""
            return .unusable("the terminal is in use\(about)")
        }
        defer { termguard_disarm() }
        guard let screen = Screen() else {
            return .unusable("the terminal's description is not installed (TERM)")
        }
        let feed = ScreenLoop.Feed(
            channels: [DashboardChannel(picture: picture, snapshot: snapshot)] + setup.others,
            record: setup.record,
            period: Int(min(max(0.05, setup.interval), 60) * 1_000)
        )
        var state = ViewState()
        state.title = setup.title
        state.footer = setup.footer
        state.link = setup.link
        state.channelCount = 1 + setup.others.count
        state.pictureHint = setup.pictureHint
        state.utcOffset = TerminalUI.utcOffset()
        let model = DashboardModel(state: state, replay: setup.replay)
        var loop = ScreenLoop(screen: screen, model: model, feed: feed)
        let reason = loop.run { isStopped.load(ordering: .acquiring) }
        loop.close()
        return reason
    }

    /// Makes `run` return, from any thread; a later `run` returns at once.
    public func stop() {
        isStopped.store(true, ordering: .releasing)
        termguard_notify(termguard_stop)
    }

    private static func utcOffset() -> Int {
        var now = time(nil)
        var local = tm()
        return localtime_r(&now, &local) == nil ? 0 : local.tm_gmtoff
    }
}
