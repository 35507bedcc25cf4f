import CTermGuard
import Glibc
import Telemetry

/// Waits for keys, notices and the next second, and draws.
struct ScreenLoop: ~Copyable {
    private var screen: Screen
    private var state: ViewState
    private var hold = SnapshotHold()
    private var isAway = false
    private var tickNext = 0

    /// How often the screen is drawn when nothing is pressed, in milliseconds.
    private static let period = 1_000
    /// Keys handled before the screen is drawn again: a pasted text must not stop the clock.
    private static let keysMax = 256

    /// Takes a screen that has just been started.
    init(screen: consuming Screen, state: ViewState) {
        self.screen = screen
        self.state = state
        self.state.isASCIIOnly = !self.screen.isUnicode
    }

    /// Gives the terminal back, unless that has been done.
    consuming func close() {
        guard termguard_intact() else { return }
        if isAway { termguard_restore() } else { screen.close() }
    }

    /// Runs until there is a reason not to.
    mutating func run(
        isStopped: () -> Bool,
        _ snapshot: () -> SwarmSnapshot?
    ) -> ExitReason {
        fitToTerminal()
        while !isStopped() {
            draw(snapshot())
            if let reason = wait() { return reason }
        }
        return .stopped
    }

    private mutating func draw(_ latest: SwarmSnapshot?) {
        let shown = hold.shown(latest, state)
        termguard_trim()
        // A crash in another thread has begun to restore the terminal: leave it alone.
        guard !isAway, termguard_intact() else { return }
        let frame = DashboardView.render(
            shown,
            state,
            width: screen.size.width,
            height: screen.size.height
        )
        state = frame.state
        screen.draw(frame.canvas)
    }

    /// Sleeps until something is to be drawn; a reason when it is time to go.
    private mutating func wait() -> ExitReason? {
        let now = ScreenLoop.clock()
        if tickNext <= now { tickNext = now + ScreenLoop.period }
        var sources = [
            pollfd(fd: termguard_descriptor(), events: Int16(POLLIN), revents: 0),
            pollfd(fd: isAway ? -1 : STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        ]
        poll(&sources, nfds_t(sources.count), Int32(clamping: tickNext - now))
        if let reason = drainNotices() { return reason }
        if isAway, termguard_foreground() { comeBack() }
        let keyboard = Int32(sources[1].revents)
        if keyboard & (POLLHUP | POLLERR | POLLNVAL) != 0 { return .terminalGone }
        return keyboard & POLLIN != 0 && !isAway ? drainKeys() : nil
    }

    private mutating func drainKeys() -> ExitReason? {
        for _ in 0..<ScreenLoop.keysMax {
            guard let key = screen.nextKey() else { return nil }
            switch state.handle(key) {
            case .draw: break
            case .repaint: screen.repaint()
            case .quit: return .quit
            case .interrupt: return .signal(SIGINT)
            }
        }
        return nil
    }

    private mutating func drainNotices() -> ExitReason? {
        while true {
            let notice = termguard_next()
            switch notice {
            case termguard_none: return nil
            case termguard_stop: return .stopped
            case SIGINT, SIGTERM, SIGHUP: return .signal(notice)
            case SIGWINCH: fitToTerminal()
            case SIGTSTP: goAway()
            case SIGCONT: comeBack()
            default: break
            }
        }
    }

    /// Gives the terminal to the shell; returns when the process goes on.
    private mutating func goAway() {
        guard !isAway else { return }
        screen.leave()
        isAway = true
        termguard_suspend()
    }

    /// Takes the terminal again once it is ours: after `bg` the stream goes on without a screen.
    private mutating func comeBack() {
        isAway = !termguard_foreground()
        guard !isAway else { return }
        termguard_resume()
        screen.enter()
        fitToTerminal()
    }

    private mutating func fitToTerminal() {
        var rows: Int32 = 0
        var columns: Int32 = 0
        guard !isAway, termguard_size(&rows, &columns) else { return }
        screen.resize(width: Int(columns), height: Int(rows))
    }

    private static func clock() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}
