import Dashboard
import Glibc
import Synchronization
import Telemetry

/// Shows people what happens: dashboard, sentences, or nothing but errors.
final class DisplayHost: Sendable {
    private let mode: CommonOptions.Display
    private let level: LogLevel
    private let format: LogFormat
    private let reporter = Mutex(PlainReporter())
    private let interface = Mutex<TerminalUI?>(nil)

    /// The dashboard only where the user asked for it or where there is a terminal for it.
    init(_ options: CommonOptions, dashboardByDefault: Bool) throws(CommandFailure) {
        level = options.logLevel
        format = options.logFormat
        if format == .json { StandardError.useJSON() }
        switch options.display {
        case .tui:
            if let obstacle = TerminalUI.obstacle {
                throw CommandFailure(
                    .usage,
                    "no dashboard here: \(obstacle); use --plain for sentences"
                )
            }
            mode = .tui
        case .plain: mode = .plain
        case .quiet: mode = .quiet
        case .none:
            mode = dashboardByDefault && TerminalUI.obstacle == nil ? .tui : .plain
        }
    }

    /// Logs an event, unless the dashboard shows it.
    func log(_ event: Event) {
        guard mode != .tui, isWanted(event.severity) else { return }
        switch format {
        case .text: StandardError.raw("\(Clock.text) \(event.severity.rawValue): \(event.text)")
        case .json: StandardError.raw(EventJSON.line(event))
        }
    }

    private func isWanted(_ severity: Severity) -> Bool {
        let least = mode == .quiet ? LogLevel.error : level
        switch (least, severity) {
        case (.info, _): return true
        case (.warning, .info), (.error, .info), (.error, .warning): return false
        case (.warning, _), (.error, .error): return true
        }
    }

    /// Starts the dashboard, or a status sentence every ten seconds.
    func start(
        _ setup: DashboardSetup,
        lifetime: Lifetime,
        picture: @escaping @Sendable () -> Picture? = { nil },
        snapshot: @escaping @Sendable () -> SwarmSnapshot?
    ) {
        switch mode {
        case .quiet: return
        case .plain: startSentences(snapshot)
        case .tui:
            let dashboard = TerminalUI(setup, picture: picture, snapshot: snapshot)
            interface.withLock { $0 = dashboard }
            Thread.detach { lifetime.stop(StopReason(dashboard.run())) }
        }
    }

    /// Takes the dashboard down and gives the terminal back.
    func stop() {
        interface.withLock { $0 }?.stop()
        if mode == .tui { usleep(150_000) }
    }

    private func startSentences(_ snapshot: @escaping @Sendable () -> SwarmSnapshot?) {
        guard level == .info, format == .text else { return }
        Thread.detach { [self] in
            while true {
                sleep(10)
                guard let value = snapshot() else { continue }
                let lines = reporter.withLock { $0.lines(for: value) }
                if let first = lines.first { StandardError.line("\(Clock.text) \(first)") }
            }
        }
    }
}

extension StopReason {
    init(_ reason: ExitReason) {
        switch reason {
        case .quit, .stopped: self = .finished
        case .signal(let number): self = .signal(number)
        case .terminalGone: self = .signal(SIGHUP)
        case .unusable(let why): self = .failed(CommandFailure(.usage, "no dashboard here: \(why)"))
        }
    }
}

/// The local time of day.
enum Clock {
    /// Seconds since 1970.
    static var seconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    static var text: String {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return [parts.tm_hour, parts.tm_min, parts.tm_sec]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}
