import CTermGuard
import Glibc
import Telemetry

/// Waits for keys, notices and the next second, and draws.
struct ScreenLoop: ~Copyable {
    /// Where snapshots and pictures come from and go to.
    struct Feed {
        /// What is watched; the first is recorded.
        let channels: [DashboardChannel]
        /// Where snapshots are recorded.
        let record: RecordingFile?
        /// How often the screen is drawn when nothing is pressed, in milliseconds.
        let period: Int
    }

    private var screen: Screen
    private var model: DashboardModel
    private let feed: Feed
    private var isAway = false
    private var isFitting = true
    private var tickNext = 0
    private var keyAt = 0
    /// When to draw; nil while there is nothing new to show.
    private var drawAt: Int? = 0

    /// The period while nothing is known yet, in milliseconds: the first report is to be seen at once.
    private static let periodFirst = 100
    /// A terminal that is being resized is drawn at most this often, in milliseconds.
    private static let resizePause = 15
    /// An escape that nothing follows for so long, in milliseconds, is the key: a sequence comes in one
    /// piece, or in two over a slow line.
    private static let escapePause = 25

    /// Takes a screen that has just been started.
    init(screen: consuming Screen, model: DashboardModel, feed: Feed) {
        self.screen = screen
        self.model = model
        self.feed = feed
        self.model.state.isASCIIOnly = !self.screen.isUnicode
        self.model.state.isColourless = self.screen.isColourless
    }

    /// Gives the terminal back, unless that has been done.
    consuming func close() {
        guard termguard_intact() else { return }
        if isAway { termguard_restore() } else { screen.close() }
    }

    /// Runs until there is a reason not to.
    mutating func run(isStopped: () -> Bool) -> ExitReason {
        while !isStopped() {
            let now = ScreenLoop.clock()
            if now >= tickNext { tick(now) }
            if let due = drawAt, due <= now { draw() }
            if let reason = wait(until: min(tickNext, drawAt ?? .max), now) { return reason }
        }
        return .stopped
    }

    /// A second has passed: takes what is known.
    private mutating func tick(_ now: Int) {
        let isFirst = tickNext == 0
        let time = ScreenLoop.timeOfDay()
        for (number, channel) in feed.channels.enumerated() {
            let snapshot = channel.snapshot()
            model.observe(snapshot, of: number, at: time)
            if number == 0, let snapshot { feed.record?.append(snapshot, at: time) }
        }
        if !isFirst { model.play(by: Double(feed.period) / 1_000) }
        takePicture()
        tickNext = now + (model.isWaiting ? min(feed.period, ScreenLoop.periodFirst) : feed.period)
        drawAt = drawAt ?? now
        termguard_trim()
    }

    private mutating func takePicture() {
        guard model.isPictureShown, feed.channels.indices.contains(model.state.channel) else {
            return
        }
        model.picture = feed.channels[model.state.channel].picture()
    }

    private mutating func draw() {
        drawAt = nil
        // A crash in another thread has begun to restore the terminal: leave it alone.
        guard !isAway, termguard_intact() else { return }
        if isFitting { fitToTerminal() }
        screen.setMouse(model.state.isMouseOn)
        let size = screen.size
        screen.draw(model.draw(width: size.width, height: size.height))
    }

    /// Sleeps until something is to be done; a reason when it is time to go.
    private mutating func wait(until due: Int, _ now: Int) -> ExitReason? {
        var sources = [
            pollfd(fd: termguard_descriptor(), events: Int16(POLLIN), revents: 0),
            pollfd(fd: isAway ? -1 : STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        ]
        let patience = screen.isKeyPending ? ScreenLoop.escapePause : due - now
        poll(&sources, nfds_t(sources.count), Int32(clamping: max(0, min(patience, due - now))))
        if let reason = drainNotices() { return reason }
        if isAway, termguard_foreground() { comeBack() }
        let keyboard = Int32(sources[1].revents)
        if keyboard & (POLLHUP | POLLERR | POLLNVAL) != 0 { return .terminalGone }
        guard !isAway else { return nil }
        if keyboard & POLLIN != 0 {
            screen.readKeys()
        } else if screen.isKeyPending, ScreenLoop.clock() - keyAt >= ScreenLoop.escapePause {
            while screen.isKeyPending, let key = screen.pendingKey() {
                if let reason = handle(key) { return reason }
            }
        } else {
            return nil
        }
        keyAt = ScreenLoop.clock()
        return drainKeys()
    }

    private mutating func drainKeys() -> ExitReason? {
        while let key = screen.nextKey() {
            if let reason = handle(key) { return reason }
        }
        return nil
    }

    private mutating func handle(_ key: Key) -> ExitReason? {
        drawAt = 0
        switch model.handle(key) {
        case .draw: break
        case .repaint: screen.repaint()
        case .copy(let text): screen.copy(text)
        case .quit: return .quit
        case .interrupt: return .signal(SIGINT)
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
            case SIGWINCH:
                isFitting = true
                drawAt = drawAt ?? ScreenLoop.clock() + ScreenLoop.resizePause
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
        isFitting = true
        drawAt = 0
    }

    private mutating func fitToTerminal() {
        var rows: Int32 = 0
        var columns: Int32 = 0
        isFitting = false
        guard termguard_size(&rows, &columns) else { return }
        screen.resize(width: Int(columns), height: Int(rows))
    }

    private static func clock() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    private static func timeOfDay() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
