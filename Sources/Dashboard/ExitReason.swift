/// Why the dashboard gave the terminal back.
public enum ExitReason: Sendable, Equatable {
    /// The user pressed q.
    case quit
    /// SIGINT, SIGTERM or SIGHUP came, whose number it carries; Ctrl-C counts as SIGINT.
    case signal(Int32)
    /// Somebody called `stop`.
    case stopped
    /// The terminal went away.
    case terminalGone
    /// There is no terminal that it could use, and this is why.
    case unusable(String)
}
