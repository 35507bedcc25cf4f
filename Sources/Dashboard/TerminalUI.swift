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
    private let title: String
    private let footer: String
    private let log: String?
    private let snapshot: @Sendable () -> SwarmSnapshot?
    private let isStopped = Atomic(false)

    /// Prepares a dashboard.
    ///
    /// `title` and `footer` stand in the frame of the header. stderr is appended to the file `log`; without
    /// one it is kept in memory and shown after a crash. `snapshot` is called on the thread of `run`,
    /// once a second and after keys, and must not block.
    public init(
        title: String,
        footer: String,
        log: String? = nil,
        snapshot: @escaping @Sendable () -> SwarmSnapshot?
    ) {
        self.title = title
        self.footer = footer
        self.log = log
        self.snapshot = snapshot
    }

    /// Why no dashboard can be shown here; nil when it can.
    public static var obstacle: String? {
        guard isatty(STDIN_FILENO) == 1 else { return "standard input is not a terminal" }
        guard isatty(STDOUT_FILENO) == 1 else { return "standard output is not a terminal" }
        guard let term = getenv("TERM"), term.pointee != 0 else { return "TERM is not set" }
        let name = String(cString: term)
        return ["dumb", "unknown"].contains(name) ? "TERM=\(name) cannot place characters" : nil
    }

    /// Shows the dashboard until the user quits, a signal comes, or `stop` is called.
    public func run() -> ExitReason {
        if let obstacle = TerminalUI.obstacle { return .unusable(obstacle) }
        guard termguard_arm(log) else {
            let about = log.map { ", or its log \($0) cannot be written" } ?? ""
            return .unusable("the terminal is in use\(about)")
        }
        defer { termguard_disarm() }
        guard let screen = Screen() else {
            return .unusable("the terminal's description is not installed (TERM)")
        }
        var state = ViewState()
        state.title = title
        state.footer = footer
        state.utcOffset = TerminalUI.utcOffset()
        var loop = ScreenLoop(screen: screen, state: state)
        let reason = loop.run(isStopped: { isStopped.load(ordering: .acquiring) }, snapshot)
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
